"""The public names, and that each of their parameters, properties and methods is documented."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import connect_constructs
from tests.public_names import PUBLIC_NAMES, PUBLIC_PACKAGES

PUBLIC_MEMBERS = {
    "ApiGatewayAccount": {"role"},
    "ConnectInstance": {
        "contact_arns",
        "from_cfn_instance",
        "from_instance_arn",
        "from_instance_id",
        "grant_update_contact",
        "grant_update_contact_attributes",
        "grant_updates",
        "instance_arn",
        "instance_id",
    },
    "ConnectVpcEndpointService": set(),
    "ContactUpdateApi": {
        "access_log_group",
        "add_api_key",
        "api_key",
        "endpoint_url",
        "endpoint_urls",
        "function",
        "grant_update_contact",
        "grant_update_contact_attributes",
        "grant_updates",
        "invoke_arn_pattern",
        "queue",
        "rest_api",
        "usage_plan",
    },
    "ContactUpdateFunction": {"function"},
    "ContactUpdateMonitoring": {"alarms", "dashboard"},
    "ContactUpdateOperation": {"iam_action"},
    "ContactUpdatePolicy": set(),
    "ContactUpdateQueue": {
        "dead_letter_queue",
        "event_source",
        "function",
        "grant_redrive",
        "grant_send_updates",
        "instance",
        "max_concurrency",
        "metric_held_up_attempts",
        "metric_rejected_updates",
        "metric_waiting_updates",
        "operations",
        "queue",
        "updates_per_second",
    },
}


def members(name: str) -> dict[str, Any]:
    """The public methods and properties that a class of ours defines itself."""
    return {
        member: value
        for member, value in vars(getattr(connect_constructs, name)).items()
        if not member.startswith("_") and isinstance(value, (property, classmethod)) | inspect.isfunction(value)
    }


def documented_callables() -> Iterator[Any]:
    for name in PUBLIC_MEMBERS:
        yield pytest.param(getattr(connect_constructs, name).__init__, id=name)
        for member in members(name):
            if callable(value := getattr(getattr(connect_constructs, name), member)):
                yield pytest.param(value, id=f"{name}.{member}")


def test_public_names_are_these() -> None:
    assert connect_constructs.__all__ == PUBLIC_NAMES
    # Each of them is found, and nothing else is.
    assert list(connect_constructs._MODULES) == PUBLIC_NAMES
    assert {*PUBLIC_MEMBERS, "ContactUpdateFunctionOptions", "acknowledge_findings"} == set(PUBLIC_NAMES)


@pytest.mark.parametrize("package", PUBLIC_PACKAGES)
def test_public_names_of_each_package_are_these(package: str) -> None:
    module = importlib.import_module(package)

    assert module.__all__ == PUBLIC_PACKAGES[package]
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_no_other_module_has_public_names() -> None:
    root = Path(connect_constructs.__file__).parent
    with_all = {
        file.parent.relative_to(root.parent).as_posix().replace("/", ".")
        for file in root.rglob("*.py")
        if re.search(r"^__all__\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert with_all == PUBLIC_PACKAGES.keys()


@pytest.mark.parametrize("name", PUBLIC_MEMBERS)
def test_public_members_are_these_and_documented(name: str) -> None:
    found = members(name)

    assert found.keys() == PUBLIC_MEMBERS[name]
    assert [member for member, value in found.items() if not inspect.getdoc(value)] == []


@pytest.mark.parametrize("function", list(documented_callables()))
def test_optional_parameters_say_their_default(function: Callable[..., Any]) -> None:
    optional = {
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is not inspect.Parameter.empty
    }
    documented = dict(
        re.findall(r"^:param (\w+): (.*?)(?=^:|\Z)", inspect.getdoc(function) or "", re.MULTILINE | re.DOTALL)
    )

    assert optional <= documented.keys()
    assert {name for name in optional if not re.search(r"\bDefault:\s", documented[name])} == set()


def test_options_of_the_function_say_their_default() -> None:
    source = Path(connect_constructs.__file__).with_name("contact_update_function_options.py").read_text()

    documented = dict(re.findall(r'^    (\w+): .*? = None\n    """(.*?)"""', source, re.MULTILINE | re.DOTALL))
    options = {field.name for field in dataclasses.fields(connect_constructs.ContactUpdateFunctionOptions)}
    assert documented.keys() == options
    assert {name for name, text in documented.items() if not re.search(r"\bDefault:\s", text)} == set()
