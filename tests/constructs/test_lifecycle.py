"""What changes of options, and upgrades, do to a deployed stack."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from constructs import Construct

import connect_constructs
from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateFunctionOptions
from tools.lifecycle.cases import CASES
from tools.lifecycle.effects import Effect, effect
from tools.lifecycle.table import PAGE, SECTION, effects_of, tables
from tools.page_sections import section

NOTHING = Effect((), (), (), (), (), ())
API = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
RETAINED = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
LOG_GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "logs"}}

TESTS = Path(__file__).resolve().parents[1]
# The templates of the shared stacks as they were at an earlier state.
EARLIER = TESTS / "review" / "stacks"
NOW = TESTS / "constructs" / "__snapshots__" / "test_templates"


def options() -> set[tuple[str, str]]:
    """All options of all constructs, by the qualified name of what has them."""
    # An instance creates no resources.
    public = [getattr(connect_constructs, name) for name in connect_constructs.__all__]
    constructs = [
        one for one in public if isinstance(one, type) and issubclass(one, Construct) and one is not ConnectInstance
    ]
    functions: dict[str, Callable[..., Any]] = {one.__qualname__: one.__init__ for one in constructs}
    functions[ContactUpdateApi.add_api_key.__qualname__] = ContactUpdateApi.add_api_key
    found = {
        (owner, parameter)
        for owner, function in functions.items()
        for parameter in inspect.signature(function).parameters
        if parameter not in ("self", "scope")
    }
    return found | {
        (ContactUpdateFunctionOptions.__qualname__, field.name)
        for field in dataclasses.fields(ContactUpdateFunctionOptions)
    }


def test_each_option_has_a_row() -> None:
    assert {(case.owner.__qualname__, case.option) for case in CASES} == options()


def test_each_change_changes_something() -> None:
    # Otherwise, a row would say nothing about its option.
    assert [case for case in CASES if effects_of(case)[0] == NOTHING] == []


def test_document_shows_the_tables() -> None:
    assert section(PAGE, SECTION) == tables(), "make lifecycle writes the tables"


def test_only_these_changes_lose_something() -> None:
    lost: dict[str, set[str]] = {}
    for case in CASES:
        for found in effects_of(case):
            assert found.may_replace == ()
            for what in found.loses:
                lost.setdefault(what, set()).add(f"{case.owner.__qualname__}({case.option})")

    assert lost == {
        "API id": {"ContactUpdateApi(construct_id)"},
        "URL": {"ContactUpdateApi(construct_id)", "ContactUpdateApi(domain_name)", "ContactUpdateApi(vpc_endpoints)"},
        "API key": {
            "ContactUpdateApi(construct_id)",
            "ContactUpdateApi(api_key_required)",
            "ContactUpdateApi.add_api_key(construct_id)",
        },
        "queues (retained)": {"ContactUpdateQueue(construct_id)"},
        "log groups (retained)": {
            "ContactUpdateApi(access_log)",
            "ContactUpdateApi(construct_id)",
            "ContactUpdateFunction(construct_id)",
            "ContactUpdateQueue(construct_id)",
        },
    }


@pytest.mark.parametrize("earlier", sorted(EARLIER.glob("*.json")), ids=lambda file: file.stem)
def test_upgrade_loses_nothing(earlier: Path) -> None:
    now = NOW / f"test_{earlier.stem}_is_as_it_was.json"

    found = effect(json.loads(earlier.read_text()), json.loads(now.read_text()))

    assert (found.loses, found.replaces, found.may_replace) == ((), (), ())


def template(outputs: dict[str, Any] | None = None, **resources: Any) -> dict[str, Any]:
    return {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()}}


def test_same_template_has_no_effect() -> None:
    both = template({"Url": {"Fn::Sub": "https://${A}"}}, A=API, Q=QUEUE)
    assert effect(both, both) == NOTHING


def test_changed_property_updates_or_replaces() -> None:
    found = effect(
        template(A=API, Q=QUEUE),
        template(A={**API, "Properties": {"Name": "other"}}, Q={**QUEUE, "Properties": {"QueueName": "q.fifo"}}),
    )

    assert (found.updates, found.replaces, found.loses) == (("API",), ("queue",), ("queues",))


def test_removed_and_renamed_resources_are_lost_unless_they_are_retained() -> None:
    assert effect(template(A=API, Q=QUEUE), template(A=API)).loses == ("queues",)
    assert effect(template(A=API, Q={**QUEUE, **RETAINED}), template(A=API)).loses == ("queues (retained)",)
    assert effect(template(Q=QUEUE), template(R=QUEUE))._replace(replaces=()) == NOTHING._replace(loses=("queues",))
    # A replaced resource follows its other policy.
    only_deletion = {**LOG_GROUP, "DeletionPolicy": "Retain"}
    renamed = {**only_deletion, "Properties": {"LogGroupName": "others"}}
    assert effect(template(L=only_deletion), template(L=renamed)).loses == ("log groups",)


def test_url_is_lost_if_it_changes_or_refers_to_what_is_replaced() -> None:
    url = {"Url": {"Fn::Sub": "https://${A}.example.com"}}

    assert effect(template(url, A=API), template({"Url": "https://example.com"}, A=API)).loses == ("URL",)
    assert effect(template(url, A=API), template({"Url": {"Fn::Sub": "https://${B}.example.com"}}, B=API)).loses == (
        "API id",
        "URL",
    )
    assert effect(
        template({"Url": "https://example.com"}, A=API), template({"Url": "https://example.com"}, B=API)
    ).loses == ("API id",)
