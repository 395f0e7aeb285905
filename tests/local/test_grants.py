"""Deployed grants through resource policies: they let in exactly the named principals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from connect_constructs.local import LocalAws, LocalAwsError
from tests.local.gaps.emulated_aws import MAY_INVOKE, OTHER_ACCOUNT, OTHER_ROOT, EmulatedAws

ROOT = Path(__file__).resolve().parents[2]
APP = Path(__file__).with_name("grants_app")

MAY_SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    # The deployment shows that both stages depend on the account's CloudWatch role.
    with LocalAws(APP, context={"other_account": OTHER_ACCOUNT}) as local:
        yield local


@pytest.fixture(scope="module")
def aws(local: LocalAws) -> EmulatedAws:
    return EmulatedAws(local.url)


@pytest.fixture(scope="module")
def callers(local: LocalAws, aws: EmulatedAws) -> dict[str, Credentials]:
    name = local.outputs["Grants"]["UserName"]
    key = local.client("iam").create_access_key(UserName=name)["AccessKey"]
    return {
        "named": Credentials(key["AccessKeyId"], key["SecretAccessKey"]),
        "another user": aws.create_user(),
        "another user with a policy": aws.create_user(MAY_INVOKE, MAY_SEND),
        "another account's user": aws.create_user(root=OTHER_ROOT),
        "another account's user with a policy": aws.create_user(MAY_INVOKE, MAY_SEND, root=OTHER_ROOT),
    }


def call(
    local: LocalAws, path: str, body: dict[str, Any], signed_by: Credentials | None, method: str = "POST"
) -> urllib3.BaseHTTPResponse:
    api = next(api for api in local.rest_apis if api.api_id == local.outputs["Grants"]["ApiId"])
    headers = {"Content-Type": "application/json", "Origin": "https://crm.example.com"}
    request = AWSRequest(method, f"{local.endpoint_of(api)}{path}", headers, json.dumps(body))
    if signed_by:
        SigV4Auth(signed_by, "execute-api", "us-east-1").add_auth(request)
    prepared = request.prepare()
    return urllib3.PoolManager(retries=False).request(
        method, prepared.url, body=prepared.body, headers=dict(prepared.headers.items())
    )


def update_attributes(local: LocalAws, signed_by: Credentials | None) -> urllib3.BaseHTTPResponse:
    instance_id = local.connect.instance_ids[0]
    body = {"InstanceId": instance_id, "InitialContactId": local.connect.create_contact(), "Attributes": {"a": "b"}}
    return call(local, "/contact/attributes", body, signed_by)


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ("named", 200),
        ("another user", 403),
        # Within an account either policy is enough; across accounts both are needed.
        ("another user with a policy", 200),
        ("another account's user", 403),
        ("another account's user with a policy", 200),
    ],
)
def test_endpoint_lets_in_whom_it_names(
    local: LocalAws, callers: dict[str, Credentials], caller: str, status: int
) -> None:
    answer = update_attributes(local, callers[caller])

    assert answer.status == status
    if status == 403:
        assert json.loads(answer.data)["message"] == "The caller is not allowed to make this request."


def test_grant_of_one_operation_is_none_for_the_other(local: LocalAws, callers: dict[str, Credentials]) -> None:
    path = f"/contacts/{local.connect.instance_ids[0]}/{local.connect.create_contact()}"

    assert call(local, path, {"Name": "n"}, callers["named"]).status == 403
    assert call(local, path, {"Name": "n"}, callers["another account's user with a policy"]).status == 200


def test_preflights_pass_without_a_signature_and_calls_do_not(local: LocalAws) -> None:
    preflight = call(local, "/contact/attributes", {}, None, method="OPTIONS")

    assert preflight.status in (200, 204)
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://crm.example.com"
    assert update_attributes(local, None).status == 403


@pytest.mark.parametrize(
    ("caller", "may_send"),
    [
        ("named", True),
        ("another user", False),
        ("another account's user", False),
        ("another account's user with a policy", True),
    ],
)
def test_queue_takes_messages_of_whom_it_names(
    local: LocalAws, aws: EmulatedAws, callers: dict[str, Credentials], caller: str, may_send: bool
) -> None:
    sqs, message = aws.client("sqs", callers[caller]), {"MessageBody": "{}", "MessageGroupId": "g"}

    def send() -> None:
        sqs.send_message(
            QueueUrl=local.outputs["Grants"]["QueueUrl"], MessageDeduplicationId=caller.replace(" ", "-")[:9], **message
        )

    if may_send:
        send()
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            send()


def test_access_log_is_refused_where_the_account_has_no_role_for_it() -> None:
    with (
        pytest.raises(LocalAwsError, match="CloudWatch Logs role ARN must be set in account settings"),
        LocalAws(ROOT, context={"access_log": "true"}),
    ):
        pass


def test_stack_of_the_role_makes_the_access_log_possible() -> None:
    with LocalAws(ROOT, context={"access_log": "true", "api_gateway_account": "true"}) as local:
        (api,) = local.rest_apis
        stage = local.client("apigateway").get_stage(restApiId=api.api_id, stageName=api.stage)

    assert "destinationArn" in stage["accessLogSettings"]
