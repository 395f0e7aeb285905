"""The recipes do in the template what their page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aws_cdk import App, Environment, Stack, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_wafv2 as wafv2
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateQueue
from tests.constructs.stacks import CONTACT_ARNS, logical_id, only, resources
from tests.docs.pages import ROOT
from tests.docs.test_python_examples import ARN, inside_a_stack, run

PAGE = "docs/recipes.md"
WEB_ACL_ARN = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/updates/12345678-1234-1234-1234-123456789012"
LAYER_ARN = "arn:aws:lambda:us-east-1:111122223333:layer:Extension:1"
CERTIFICATE_ARN = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
BOUNDARY = {
    "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::111122223333:policy/platform-boundary"]],
}


class Made(NamedTuple):
    """What the page's examples have made."""

    names: dict[str, Any]
    stack: Stack
    template: Template


@pytest.fixture(scope="module")
def made() -> Made:
    stack = Stack(App(), "Docs", env=Environment(account="111122223333", region="us-east-1"))
    instance = ConnectInstance.from_instance_arn(stack, "Instance", ARN)
    queue = ContactUpdateQueue(stack, "Updates", instance=instance)
    names = run(
        PAGE,
        {
            **inside_a_stack(stack),
            **{module.__name__.rpartition("aws_")[2]: module for module in (apigateway, route53, targets, wafv2)},
            "App": App,
            "Stack": Stack,
            "Tags": Tags,
            "lambda_": lambda_,
            "targets": targets,
            "instance": instance,
            "api": ContactUpdateApi(stack, "ContactUpdates", queue=queue, allow_origins=["https://crm.example.com"]),
            "certificate": acm.Certificate.from_certificate_arn(stack, "Certificate", CERTIFICATE_ARN),
            "zone": route53.HostedZone.from_hosted_zone_attributes(
                stack, "Zone", hosted_zone_id="Z1", zone_name="example.com"
            ),
            "web_acl_arn": WEB_ACL_ARN,
            "layer_arn": LAYER_ARN,
        },
    )
    return Made(names, stack, Template.from_stack(stack))


def test_domain_replaces_the_default_endpoint(made: Made) -> None:
    api, template = made.names["domain_api"], made.template

    assert api.endpoint_url == "https://updates.example.com"
    rest_api = resources(template, "AWS::ApiGateway::RestApi", {"DisableExecuteApiEndpoint": True})
    assert list(rest_api) == [made.stack.resolve(api.rest_api.rest_api_id)["Ref"]]
    record = only(template, "AWS::Route53::RecordSet")
    assert record["Name"] == "updates.example.com."
    name = logical_id(template, "AWS::ApiGateway::DomainName", {"DomainName": "updates.example.com"})
    assert record["AliasTarget"]["DNSName"] == {"Fn::GetAtt": [name, "RegionalDomainName"]}


def test_api_has_a_security_policy_of_its_own(made: Made) -> None:
    rest_api = only(made.template, "AWS::ApiGateway::RestApi", {"DisableExecuteApiEndpoint": True})

    assert rest_api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_2021_06"
    assert rest_api["EndpointAccessMode"] == "BASIC"


def test_web_acl_is_on_the_stage_and_its_answer_is_readable_for_pages(made: Made) -> None:
    api, template = made.names["api"], made.template

    stage = made.stack.resolve(api.rest_api.deployment_stage.stage_arn)
    assert only(template, "AWS::WAFv2::WebACLAssociation") == {"ResourceArn": stage, "WebACLArn": WEB_ACL_ARN}
    response = only(
        template,
        "AWS::ApiGateway::GatewayResponse",
        {"ResponseType": "WAF_FILTERED", "RestApiId": made.stack.resolve(api.rest_api.rest_api_id)},
    )
    assert response["StatusCode"] == "403"
    assert json.loads(response["ResponseTemplates"]["application/json"])["__type"] == "AccessDeniedException"
    origin = response["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
    assert origin == "'https://crm.example.com'"


def test_roles_that_exist_are_used_and_reported(made: Made) -> None:
    stack = made.names["stack"]
    template = Template.from_stack(stack)

    types = {resource["Type"] for resource in template.to_json()["Resources"].values()}
    assert {one for one in types if one.startswith("AWS::IAM::")} == set()
    # Everything else is there.
    assert {"AWS::ApiGateway::RestApi", "AWS::SQS::Queue", "AWS::CloudWatch::Alarm"} <= types
    roles = {json.dumps(one["Properties"]["Role"]) for one in resources(template, "AWS::Lambda::Function").values()}
    assert {re.findall(r":role/([\w-]+)", role)[0] for role in roles} == {
        "contact-updates-api",
        "contact-updates-queue",
    }
    report = json.loads((Path(stack.node.root.outdir) / "iam-policy-report.json").read_text())["roles"]
    needed = {
        role["roleName"]: {
            action
            for statement in role["identityPolicyStatements"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        }
        for role in report
    }
    assert needed == {
        "contact-updates-api": {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"},
        "contact-updates-queue": {
            "connect:UpdateContact",
            "connect:UpdateContactAttributes",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        },
        "crm": {"execute-api:Invoke"},
    }
    assert CONTACT_ARNS in json.dumps(report)


def test_every_role_and_user_has_the_boundary(made: Made) -> None:
    roles = resources(made.template, "AWS::IAM::Role")

    assert len(roles) >= 3
    assert {json.dumps(role["Properties"]["PermissionsBoundary"]) for role in roles.values()} == {json.dumps(BOUNDARY)}


def test_every_resource_of_the_constructs_that_can_have_tags_has_them(made: Made) -> None:
    for type_ in (
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
    ):
        found = resources(made.template, type_)
        assert found, type_
        for resource in found.values():
            assert {"Key": "team", "Value": "crm"} in resource["Properties"]["Tags"], type_


def test_layer_is_added_and_the_functions_own_variables_stay(made: Made) -> None:
    function = only(
        made.template,
        "AWS::Lambda::Function",
        {"Layers": [LAYER_ARN], "Handler": "contact_updates.api_function.handler"},
    )

    variables = function["Environment"]["Variables"]
    assert variables.keys() == {"INSTANCE_ARN", "QUEUE_URL", "ALLOW_ORIGINS", "DD_SITE"}
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_page_names_all_variables_that_the_handler_reads() -> None:
    settings = (ROOT / "lambda/contact_updates/settings.py").read_text()
    read = set(re.findall(r'environment(?:\.get\(|\[)"(\w+)"', settings))
    (listed,) = re.findall(r"`add_environment` overwrites: (.+?)\.", (ROOT / PAGE).read_text(), re.DOTALL)

    assert set(re.findall(r"`(\w+)`", listed)) == read


def test_policy_of_callers_has_its_name_and_path_and_the_grant(made: Made) -> None:
    policy = only(made.template, "AWS::IAM::ManagedPolicy")

    assert (policy["ManagedPolicyName"], policy["Path"]) == ("ContactUpdateCallers", "/contact-updates/")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Effect"]) == ("execute-api:Invoke", "Allow")
    assert len(statement["Resource"]) == 2
