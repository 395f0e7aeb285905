"""Apps of other repositories: how the local AWS deploys them, and which calls it prints."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import demonstrate
from connect_constructs.local.paste import calls_to_paste
from tests.local.command_line import write_app
from tests.local.pasted import paste

FIRST = "11111111-aaaa-4bbb-8ccc-000000000001"
SECOND = "22222222-aaaa-4bbb-8ccc-000000000002"
ACCOUNT = "111122223333"


def arn(instance_id: str, *, region: str = "us-east-1") -> str:
    return f"arn:aws:connect:{region}:{ACCOUNT}:instance/{instance_id}"


@pytest.fixture(scope="module")
def several_apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalAws, list[str]]]:
    """One stack with three REST APIs that differ in authorization, and the output of its deployment.

    Its template is larger than CloudFormation's limit for a template body.
    """
    folder = write_app(
        tmp_path_factory.mktemp("several"),
        f"""
from aws_cdk import Stack, aws_apigateway as apigateway, aws_connect as connect, aws_lambda as lambda_
from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateQueue
stack = Stack(app, "Several")
stack.template_options.metadata = {{"Filler": "x" * 51_200}}
connect.CfnInstance(stack, "Made", identity_management_type="CONNECT_MANAGED", attributes={{
    "inboundCalls": True, "outboundCalls": True}})
allow = lambda_.Function(stack, "Allow", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_inline('''
def handler(event, _):
    statement = {{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}}
    return {{"principalId": "tester", "policyDocument": {{"Version": "2012-10-17", "Statement": [statement]}}}}
'''))
ContactUpdateApi(
    stack, "Token", instance=ConnectInstance.from_instance_arn(stack, "First", "{arn(FIRST)}"),
    authorizer=apigateway.RequestAuthorizer(
        stack, "Authorizer", handler=allow, identity_sources=[apigateway.IdentitySource.header("x-token")]))
second = ConnectInstance.from_instance_arn(stack, "Second", "{arn(SECOND)}")
ContactUpdateApi(
    stack, "Signed", queue=ContactUpdateQueue(stack, "Updates", instance=second), api_key_required=True)
open_api = apigateway.RestApi(stack, "Open", cloud_watch_role=False)
method = open_api.root.add_resource("contact").add_resource("attributes").add_method(
    "POST",
    apigateway.MockIntegration(
        request_templates={{"application/json": '{{"statusCode": 200}}'}},
        integration_responses=[apigateway.IntegrationResponse(status_code="200")]),
    method_responses=[apigateway.MethodResponse(status_code="200")],
    request_models={{"application/json": apigateway.Model(
        stack, "Model", rest_api=open_api, content_type="application/json",
        schema=apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT, required=["Attributes"]))}},
    request_validator=open_api.add_request_validator("Validator", validate_request_body=True))
""",
    )
    said: list[str] = []
    with LocalAws(folder, report=said.append) as local:
        yield local, said


def test_template_above_51200_bytes_is_deployed_without_what_the_emulator_refuses(
    several_apis: tuple[LocalAws, list[str]],
) -> None:
    local, said = several_apis

    assert "         left out what the emulator does not have: AWS::Connect::Instance" in said
    assert len(local.rest_apis) == 3


def test_authorization_is_each_methods_own(several_apis: tuple[LocalAws, list[str]]) -> None:
    local, _ = several_apis

    found = {
        (method.operation, method.authorization, method.identity_headers, method.api_key_required, api.instance_id)
        for api in local.rest_apis
        for method in api.methods
    }

    assert found == {
        ("UpdateContactAttributes", "CUSTOM", ("x-token",), False, FIRST),
        ("UpdateContact", "CUSTOM", ("x-token",), False, FIRST),
        ("UpdateContactAttributes", "AWS_IAM", (), True, SECOND),
        ("UpdateContact", "AWS_IAM", (), True, SECOND),
        ("UpdateContactAttributes", "NONE", (), False, None),
    }


def test_demonstration_is_that_of_the_api_with_iam_authorization(several_apis: tuple[LocalAws, list[str]]) -> None:
    local, _ = several_apis
    shown: list[str] = []

    demonstrate(local, shown.append)

    (signed,) = [api for api in local.rest_apis if api.instance_id == SECOND]
    assert [line for line in shown if "endpoint" in line] == [f"\nendpoint  {local.endpoint_of(signed)}"]
    assert shown[-1].startswith("\nafter     Name: Order 4711, express")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing (apt install curl)")
def test_calls_to_paste_carry_what_each_api_asks_for(several_apis: tuple[LocalAws, list[str]]) -> None:
    local, _ = several_apis
    text = calls_to_paste(local)

    sections = {
        api.instance_id: text.partition(local.endpoint_of(api) + "\n")[2].partition("\nSeveral: ")[0]
        for api in local.rest_apis
    }
    with_token = paste(sections[FIRST], "curl -i").replace("TOKEN", "any")
    signed = paste(sections[SECOND], "curl -i")
    unsigned = paste(sections[None], "curl -i")
    credentials = next(line for line in sections[SECOND].splitlines() if "export AWS_ACCESS_KEY_ID=" in line)

    assert "x-token: any" in with_token
    assert "x-api-key: " in signed
    assert "--aws-sigv4" not in unsigned + with_token
    for command, status in ((with_token, 200), (signed, 202), (unsigned, 200)):
        pasted = subprocess.run(
            ["/bin/sh", "-c", f"{credentials}\n{command}"], capture_output=True, text=True, check=False
        )
        assert pasted.stdout.startswith(f"HTTP/1.1 {status}"), command + pasted.stdout + pasted.stderr


def test_request_validators_that_the_emulator_drops_are_set(several_apis: tuple[LocalAws, list[str]]) -> None:
    local, said = several_apis
    (open_api,) = [api for api in local.rest_apis if api.instance_id is None]

    def status(body: bytes) -> int:
        url = f"{local.endpoint_of(open_api)}/contact/attributes"
        request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
        answered: int = URLLib3Session().send(request.prepare()).status_code
        return answered

    assert (status(b'{"Attributes": {}}'), status(b"{}")) == (200, 400)
    assert any(line.strip().startswith("set request validators (") for line in said)
