"""How `acknowledge_findings` writes acknowledgments, whichever rule pack reads them."""

from __future__ import annotations

from typing import Any

import aws_cdk
import pytest
from aws_cdk.assertions import Template
from constructs import Construct

from connect_constructs import ContactUpdateApi, ContactUpdateQueue, acknowledge_findings
from connect_constructs.testing import normalised_template
from tests.constructs.findings.rule_packs import acknowledge_all, cdk_nag_acknowledgments, without_acknowledgments
from tests.constructs.stacks import CONTACT_ARNS, maximal_queue_stack, new_instance, new_stack


def _api() -> ContactUpdateApi:
    stack = new_stack()
    return ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack))


def _metadata(api: ContactUpdateApi, type_: str) -> dict[str, Any]:
    (resource,) = Template.from_stack(aws_cdk.Stack.of(api)).find_resources(type_).values()
    return dict(resource.get("Metadata", {}))


def test_changes_nothing_but_metadata() -> None:
    without_call = maximal_queue_stack()
    before = normalised_template(without_call)
    stack = maximal_queue_stack()
    acknowledge_all(stack)

    # Normalised, because CDK makes a new deployment of a REST API whose metadata changes.
    after = normalised_template(stack)

    assert after != before
    assert without_acknowledgments(after) == before
    assert cdk_nag_acknowledgments(without_call) == set()


def test_writes_what_each_tool_reads() -> None:
    api = _api()
    acknowledge_findings(api)

    assert _metadata(api, "AWS::IAM::Policy")["cdk_nag"]["rules_to_suppress"][-1] == {
        "id": "AwsSolutions-IAM5",
        "applies_to": [f"Resource::{CONTACT_ARNS}"],
        "reason": "Contacts come and go, so their ids are not known at deployment. The policy allows at most two "
        "actions, on the contacts of one instance.",
    }
    function = _metadata(api, "AWS::Lambda::Function")
    assert {
        "id": "CKV_AWS_116",
        "comment": "It would never be used: AWS Lambda sends failed asynchronous invocations there, and this function "
        "is invoked synchronously by API Gateway or by its event source. The queue has a dead-letter queue of its own.",
    } in function["checkov"]["skip"]
    assert function["cfn-lint"] == {"config": {"ignore_checks": ["W3005"]}}


def test_writes_the_template_even_if_cdk_has_no_validations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(aws_cdk, "Validations", raising=False)
    api = _api()
    acknowledge_findings(api)

    assert _metadata(api, "AWS::Logs::LogGroup")["cdk_nag"]["rules_to_suppress"]


def test_keeps_metadata_of_the_user() -> None:
    api = _api()
    function: Any = api.function.node.default_child
    function.add_metadata("checkov", {"skip": [{"id": "CKV_AWS_45", "comment": "ours"}], "more": True})
    function.add_metadata("cfn-lint", {"config": {"ignore_checks": ["E1010"], "more": True}})
    acknowledge_findings(api)

    metadata = _metadata(api, "AWS::Lambda::Function")
    assert metadata["checkov"]["skip"][0] == {"id": "CKV_AWS_45", "comment": "ours"}
    assert metadata["checkov"]["more"] is True
    assert metadata["cfn-lint"] == {"config": {"ignore_checks": ["E1010", "W3005"], "more": True}}


def test_acknowledging_twice_is_the_same_as_once() -> None:
    once, twice = _api(), _api()
    acknowledge_findings(once)
    acknowledge_findings(twice, twice)
    acknowledge_findings(twice)

    assert _metadata(twice, "AWS::Lambda::Function") == _metadata(once, "AWS::Lambda::Function")


def test_judges_resources_as_they_are_at_synthesis() -> None:
    api = _api()
    acknowledge_findings(api)
    function: Any = api.function.node.default_child
    function.reserved_concurrent_executions = 5

    skipped = {skip["id"] for skip in _metadata(api, "AWS::Lambda::Function")["checkov"]["skip"]}
    assert "CKV_AWS_115" not in skipped
    assert "CKV_AWS_116" in skipped


def test_accepts_subclasses_and_not_what_they_add() -> None:
    class Own(ContactUpdateApi):
        pass

    stack = new_stack()
    api = Own(stack, "ContactUpdates", instance=new_instance(stack))
    # A queue's path in ContactUpdateQueue.
    aws_cdk.aws_sqs.Queue(api, "Queue")
    acknowledge_findings(api)

    assert _metadata(api, "AWS::Logs::LogGroup")
    assert _metadata(api, "AWS::SQS::Queue") == {}


def test_rejects_what_is_none_of_these_constructs_before_it_acknowledges_any() -> None:
    api = _api()
    stack = aws_cdk.Stack.of(api)

    class ContactUpdateQueue(Construct):
        """Another library's."""

    namesake = ContactUpdateQueue(stack, "Namesake")
    for other in (stack, new_instance(stack, "Other"), api.function, namesake, "api"):
        with pytest.raises(TypeError, match="expected constructs of connect_constructs that create resources, got "):
            acknowledge_findings(api, other)  # type: ignore[arg-type]
    assert _metadata(api, "AWS::Lambda::Function") == {}


def test_constructs_of_several_stacks_share_a_call() -> None:
    api = _api()
    stack = new_stack("Queues")
    queue = ContactUpdateQueue(stack, "Updates", instance=new_instance(stack))
    acknowledge_findings(api, queue)

    assert _metadata(api, "AWS::Lambda::Function")
    assert Template.from_stack(stack).find_resources("AWS::SQS::Queue", {"Metadata": {}})
