"""The Python examples run as they are printed. Those that talk to AWS are in tests/local/test_documentation.py."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from aws_cdk.aws_logs import RetentionDays
from constructs import Construct

import connect_constructs
from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateQueue
from tests.docs.pages import PAGES, ROOT, is_test, name_of, python_examples, talks_to_aws

ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"


def run(page: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run the page's examples one after the other; what they have defined."""
    for example in python_examples(ROOT / page):
        if not (talks_to_aws(example) or is_test(example)):
            example.namespace.update(namespace)
            example.evaluate()
            namespace = example.namespace
    return namespace


def inside_a_stack(stack: Stack) -> dict[str, Any]:
    """What examples that are a part of a stack's `__init__` take for granted."""
    return {
        **{name: getattr(connect_constructs, name) for name in connect_constructs.__all__},
        "self": stack,
        "arn": ARN,
        "iam": iam,
        "RetentionDays": RetentionDays,
        "crm_role": iam.Role(stack, "CrmRole", assumed_by=iam.AccountRootPrincipal()),
    }


def test_every_example_is_run_by_some_test() -> None:
    here = {name_of(page) for page in PAGES if any(not talks_to_aws(item) for item in python_examples(page))}

    assert here == {
        "README.md",
        "docs/access.md",
        "docs/constructs.md",
        "docs/findings.md",
        "docs/index.md",
        "docs/lifecycle.md",
        "docs/queue.md",
        "docs/recipes.md",
        "docs/review.md",
    }


def test_readme_makes_an_endpoint_with_a_grant() -> None:
    stack = run("README.md", {})["stack"]

    template = Template.from_stack(stack)
    template.resource_count_is("AWS::ApiGateway::RestApi", 1)
    policies = template.find_resources("AWS::IAM::Policy")
    assert any("execute-api:Invoke" in str(policy) for policy in policies.values())


def test_start_makes_a_stack_that_can_be_created() -> None:
    other = Stack(App(), "Other")

    stack = run("docs/index.md", {})["CrmStack"](
        App(), "Crm", instance_arn=ARN, crm_role=iam.Role.from_role_name(other, "Role", "crm")
    )

    Template.from_stack(stack).resource_count_is("AWS::ApiGateway::RestApi", 1)


def test_constructs_are_made_as_their_examples_show() -> None:
    stack = Stack(App(), "Docs")
    code = lambda_.Code.from_inline("def handler(event, context): pass")
    mine = lambda_.Function(stack, "Mine", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=code)

    made = run("docs/constructs.md", {**inside_a_stack(stack), "my_own_function": mine})

    Template.from_stack(stack).resource_count_is("AWS::ApiGateway::RestApi", 4)
    for name in set(connect_constructs.__all__) - {"acknowledge_findings"}:
        assert any(isinstance(value, getattr(connect_constructs, name)) for value in made.values()) or name in {
            "ApiGatewayAccount",  # no name is given to it
            "ContactUpdateOperation",  # nor to one of its members
            "ConnectVpcEndpointService",  # nor to one of its constants
        }, name


def test_grants_and_authorizers_are_made_as_their_examples_show() -> None:
    stack = Stack(App(), "Docs")
    users = cognito.UserPool(stack, "Users")

    run(
        "docs/access.md",
        {
            **inside_a_stack(stack),
            "instance": ConnectInstance.from_instance_arn(stack, "Instance", ARN),
            "authorizer": apigateway.CognitoUserPoolsAuthorizer(stack, "SignedIn", cognito_user_pools=[users]),
            "vpc": ec2.Vpc(stack, "Vpc"),
            "ec2": ec2,
            "apigateway": apigateway,
        },
    )

    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::ApiGateway::Method", {"AuthorizationType": "COGNITO_USER_POOLS"})
    apis = template.find_resources("AWS::ApiGateway::RestApi")
    assert any("444455556666" in str(api["Properties"].get("Policy")) for api in apis.values())


def test_findings_are_acknowledged_as_the_example_shows() -> None:
    stack = Stack(App(), "Docs")

    run(
        "docs/findings.md",
        {**inside_a_stack(stack), "instance": ConnectInstance.from_instance_arn(stack, "Instance", ARN)},
    )

    (function,) = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
    assert function["Metadata"]["checkov"]["skip"]


def test_queue_is_made_as_its_example_shows() -> None:
    stack = Stack(App(), "Docs")

    run(
        "docs/queue.md",
        {**inside_a_stack(stack), "instance": ConnectInstance.from_instance_arn(stack, "Instance", ARN)},
    )

    Template.from_stack(stack).resource_count_is("AWS::SQS::Queue", 2)


def test_old_and_new_url_work_as_the_examples_show() -> None:
    stack = Stack(App(), "Docs")
    certificate = acm.Certificate.from_certificate_arn(
        stack, "Certificate", "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
    )
    instance = ConnectInstance.from_instance_arn(stack, "Instance", ARN)

    made = run(
        "docs/lifecycle.md",
        {
            **inside_a_stack(stack),
            "queue": ContactUpdateQueue(stack, "Updates", instance=instance),
            "way_in": ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
                stack, "WayIn", port=443, vpc_endpoint_id="vpce-0123456789abcdef0"
            ),
            "domain_name": apigateway.DomainNameOptions(domain_name="updates.example.com", certificate=certificate),
        },
    )

    template = Template.from_stack(stack)
    apis = template.find_resources("AWS::ApiGateway::RestApi")
    assert sorted(api["Properties"]["EndpointConfiguration"]["Types"] for api in apis.values()) == [
        ["PRIVATE"],
        ["REGIONAL"],
        ["REGIONAL"],
    ]
    both = apis[stack.resolve(made["domain_api"].rest_api.rest_api_id)["Ref"]]
    assert both["Properties"]["DisableExecuteApiEndpoint"] is False
    template.resource_count_is("AWS::ApiGateway::DomainName", 1)


def test_documented_test_writes_a_snapshot_and_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = (item for item in python_examples(ROOT / "docs" / "review.md") if is_test(item))
    (tmp_path / "test_crm.py").write_text(example.parsed)
    # In a worker of xdist, syrupy would leave its report to somebody else.
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)

    def run_pytest(*options: str, api_key_required: bool) -> str:
        # In this process, where the CDK has been started already.
        monkeypatch.delitem(sys.modules, "test_crm", raising=False)
        monkeypatch.setitem(sys.modules, "crm", crm_with(api_key_required=api_key_required))
        pytest.main(["-q", "--import-mode=importlib", f"--rootdir={tmp_path}", *options, str(tmp_path)])
        return capsys.readouterr().out

    assert "1 snapshot generated" in run_pytest("--snapshot-update", api_key_required=False)

    assert "1 passed" in run_pytest(api_key_required=False)

    assert "1 snapshot failed" in run_pytest(api_key_required=True)


def crm_with(*, api_key_required: bool) -> ModuleType:
    """The module that the documented test imports its stack from."""

    class CrmStack(Stack):
        def __init__(self, scope: Construct, construct_id: str) -> None:
            super().__init__(scope, construct_id)
            instance = ConnectInstance.from_instance_arn(self, "Instance", ARN)
            ContactUpdateApi(self, "ContactUpdates", instance=instance, api_key_required=api_key_required)

    module = ModuleType("crm")
    vars(module)["CrmStack"] = CrmStack
    return module
