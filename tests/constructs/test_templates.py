"""Whole templates, checked against their snapshots and against the rules of cdk-nag and cfn-lint."""

from __future__ import annotations

import json

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import ManualArgs, lint
from syrupy.assertion import SnapshotAssertion

from connect_constructs.testing import TemplateSnapshotExtension
from tests.constructs.stacks import (
    CONTACT_ARNS,
    maximal_monitoring_stack,
    maximal_queue_stack,
    maximal_stack,
    minimal_stack,
    monitoring_stack,
    private_stack,
    queue_stack,
)


@pytest.fixture(scope="module")
def minimal() -> Stack:
    return minimal_stack()


@pytest.fixture(scope="module")
def maximal() -> Stack:
    return maximal_stack()


@pytest.fixture(scope="module")
def private() -> Stack:
    return private_stack()


@pytest.fixture(scope="module")
def queue() -> Stack:
    return queue_stack()


@pytest.fixture(scope="module")
def maximal_queue() -> Stack:
    return maximal_queue_stack()


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(TemplateSnapshotExtension)


@pytest.fixture(scope="module")
def monitoring() -> Stack:
    return monitoring_stack()


@pytest.fixture(scope="module")
def maximal_monitoring() -> Stack:
    return maximal_monitoring_stack()


def test_minimal_template_is_as_it_was(minimal: Stack, snapshot: SnapshotAssertion) -> None:
    assert minimal == snapshot


def test_maximal_template_is_as_it_was(maximal: Stack, snapshot: SnapshotAssertion) -> None:
    assert maximal == snapshot


def test_private_template_is_as_it_was(private: Stack, snapshot: SnapshotAssertion) -> None:
    assert private == snapshot


def test_queue_template_is_as_it_was(queue: Stack, snapshot: SnapshotAssertion) -> None:
    assert queue == snapshot


def test_maximal_queue_template_is_as_it_was(maximal_queue: Stack, snapshot: SnapshotAssertion) -> None:
    assert maximal_queue == snapshot


def test_monitoring_template_is_as_it_was(monitoring: Stack, snapshot: SnapshotAssertion) -> None:
    assert monitoring == snapshot


def test_maximal_monitoring_template_is_as_it_was(maximal_monitoring: Stack, snapshot: SnapshotAssertion) -> None:
    assert maximal_monitoring == snapshot


# The findings of cdk-nag that remain, by rule and by construct below the API or the queue, with the reasons.
STAGE = "RestApi/DeploymentStage.prod/Resource"
QUEUE = "Updates"
PATHS = ("contact/attributes", "contacts/{InstanceId}/{ContactId}")
ACKNOWLEDGED_IN_BOTH = {
    (f"AwsSolutions-IAM5[Resource::{CONTACT_ARNS}]", "Function/Role/DefaultPolicy/Resource"): (
        "Contacts come and go: their ids are not known when the stack is deployed. It is one instance's contacts, and "
        "two actions."
    ),
    ("AwsSolutions-L1", "Function/Function/Resource"): (
        "Python 3.13 is a supported runtime of AWS Lambda; the rule wants the newest that CDK knows."
    ),
    ("AwsSolutions-APIG2", "RestApi/Resource"): (
        "The function validates bodies and path labels, all of them: API Gateway's own 400 would carry an error type "
        "that Amazon Connect's clients do not know."
    ),
    ("AwsSolutions-APIG1", STAGE): (
        "The function's log has a line for each request, with its caller. The access log needs a role that is "
        "one for the account and Region, and refuses the stage without it: access_log=True asks for it."
    ),
    ("AwsSolutions-APIG3", STAGE): (
        "Callers are authenticated and throttled, and bodies are no documents. A web ACL costs money each month: "
        "whoever wants one associates it with rest_api.deployment_stage."
    ),
    ("AwsSolutions-APIG6", STAGE): (
        "CloudWatch execution logs can hold bodies and path labels, which are customers' data. The function's log and "
        "the access log have a line for each request without them."
    ),
    **{
        ("AwsSolutions-COG4", f"RestApi/Default/{path}/POST/Resource"): (
            "Callers are systems, which sign their requests with IAM credentials. A user pool can be the authorizer."
        )
        for path in PATHS
    },
}
ACKNOWLEDGED_IN_MAXIMAL = {
    # It has the access log.
    **{finding: reason for finding, reason in ACKNOWLEDGED_IN_BOTH.items() if finding[0] != "AwsSolutions-APIG1"},
    ("AwsSolutions-IAM5[Resource::*]", "Function/Role/DefaultPolicy/Resource"): (
        "A function in a VPC must manage network interfaces, and a traced one must send traces: those actions take no "
        "narrower resource."
    ),
    (
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AmazonAPIGatewayPushToCloudWatchLogs]",
        "ApiGatewayAccount/Role/Resource",
    ): "It is the policy that API Gateway's documentation prescribes for its account-wide role.",
}
ACKNOWLEDGED_IN_PRIVATE = {
    **ACKNOWLEDGED_IN_BOTH,
    **{
        ("AwsSolutions-APIG4", f"RestApi/Default/{path}/POST/Resource"): (
            "Whoever reaches the VPC endpoints may call: that is asked for, and the resource policy denies all others."
        )
        for path in PATHS
    },
}

ACKNOWLEDGED_IN_QUEUE = {
    # The endpoint's function has no permission in Amazon Connect; the queue's function has it instead.
    **{
        finding: reason
        for finding, reason in ACKNOWLEDGED_IN_BOTH.items()
        if finding[1] != "Function/Role/DefaultPolicy/Resource"
    },
    (f"AwsSolutions-IAM5[Resource::{CONTACT_ARNS}]", f"{QUEUE}/Function/Role/DefaultPolicy/Resource"): (
        "Contacts come and go: their ids are not known when the stack is deployed. It is one instance's contacts, and "
        "the operations that the queue applies."
    ),
    ("AwsSolutions-L1", f"{QUEUE}/Function/Function/Resource"): (
        "Python 3.13 is a supported runtime of AWS Lambda; the rule wants the newest that CDK knows."
    ),
}
ACKNOWLEDGED_IN_MAXIMAL_QUEUE = {
    # The queue applies one operation, and the endpoint offers no other.
    **{
        finding: reason
        for finding, reason in ACKNOWLEDGED_IN_QUEUE.items()
        if finding != ("AwsSolutions-COG4", f"RestApi/Default/{PATHS[1]}/POST/Resource")
    },
    ("AwsSolutions-IAM5[Resource::*]", f"{QUEUE}/Function/Role/DefaultPolicy/Resource"): (
        "A function in a VPC must manage network interfaces, and a traced one must send traces: those actions take no "
        "narrower resource."
    ),
}


@pytest.mark.parametrize(
    ("stack_name", "acknowledged"),
    [
        ("minimal", ACKNOWLEDGED_IN_BOTH),
        ("maximal", ACKNOWLEDGED_IN_MAXIMAL),
        ("private", ACKNOWLEDGED_IN_PRIVATE),
        ("queue", ACKNOWLEDGED_IN_QUEUE),
        ("maximal_queue", ACKNOWLEDGED_IN_MAXIMAL_QUEUE),
        # Alarms and dashboard have no findings of their own.
        ("monitoring", ACKNOWLEDGED_IN_BOTH),
        ("maximal_monitoring", ACKNOWLEDGED_IN_QUEUE),
    ],
)
def test_cdk_nag_finds_what_is_acknowledged_and_nothing_else(
    stack_name: str, acknowledged: dict[tuple[str, str], str], request: pytest.FixtureRequest
) -> None:
    stack: Stack = request.getfixturevalue(stack_name)

    report = AwsSolutionsChecks(stack.node.root).validate_scope(stack)

    found = {
        (
            violation.rule_name,
            str(resource.construct_path).removeprefix(f"{stack.node.path}/").removeprefix("ContactUpdates/"),
        )
        for violation in report.violations
        for resource in violation.violating_resources
    }
    # An acknowledgement without a finding also fails.
    assert found == set(acknowledged)


@pytest.mark.parametrize(
    "stack_name", ["minimal", "maximal", "private", "queue", "maximal_queue", "monitoring", "maximal_monitoring"]
)
def test_cfn_lint_finds_nothing(stack_name: str, request: pytest.FixtureRequest) -> None:
    stack: Stack = request.getfixturevalue(stack_name)
    synthesised = json.dumps(Template.from_stack(stack).to_json())

    # W3005, a needless DependsOn: CDK writes one from every function to its role.
    matches = lint(synthesised, config=ManualArgs(regions=["us-east-1", "us-gov-west-1"], ignore_checks=["W3005"]))

    assert [str(match) for match in matches] == []
