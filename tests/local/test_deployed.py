"""The deployed stack: what only API Gateway, IAM and Lambda together can show."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import contact_updates_client
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE

User = tuple[str, str]


@pytest.fixture(scope="module")
def permitted(local_aws: LocalAws) -> User:
    return local_aws.create_user(
        f"permitted-{uuid.uuid4()}", may_invoke=local_aws.outputs["ContactUpdates"]["InvokeArn"]
    )


@pytest.fixture(scope="module")
def stranger(local_aws: LocalAws) -> User:
    return local_aws.create_user(f"stranger-{uuid.uuid4()}", may_invoke=None)


@pytest.fixture
def contact_id(local_aws: LocalAws) -> Iterator[str]:
    # Refill the buckets before and after each test, because one test is about the quota.
    local_aws.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)
    yield local_aws.connect.create_contact(attributes={"tier": "silver"}, name="Before")
    local_aws.connect.clear_faults()
    local_aws.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)


@pytest.fixture(scope="module")
def instance_id(local_aws: LocalAws) -> str:
    return local_aws.connect.instance_ids[0]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]


def post(url: str, body: bytes, *, signed_by: User | None, headers: dict[str, str] | None = None) -> Answer:
    request = AWSRequest("POST", url, {"Content-Type": "application/json", **(headers or {})}, body)
    if signed_by:
        SigV4Auth(Credentials(*signed_by), "execute-api", "us-east-1").add_auth(request)
    response = URLLib3Session().send(request.prepare())
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, json.loads(response.content) if response.content else {})


def attributes_body(instance_id: str, contact_id: str, **attributes: str) -> bytes:
    return json.dumps({"InstanceId": instance_id, "InitialContactId": contact_id, "Attributes": attributes}).encode()


def test_permitted_user_changes_the_attributes(
    local_aws: LocalAws, permitted: User, instance_id: str, contact_id: str
) -> None:
    client = contact_updates_client(local_aws.endpoint, permitted)

    client.update_contact_attributes(
        InstanceId=instance_id, InitialContactId=contact_id, Attributes={"tier": "", "note": "Grüße, 100 %"}
    )

    # An empty value removes the attribute; the others stay.
    assert local_aws.connect.contact(contact_id).attributes == {"note": "Grüße, 100 %"}


def test_permitted_user_changes_the_details(
    local_aws: LocalAws, permitted: User, instance_id: str, contact_id: str
) -> None:
    client = contact_updates_client(local_aws.endpoint, permitted)
    references = {"order": {"Type": "URL", "Value": "https://example.com/orders/1?a=b&c"}}

    client.update_contact(
        InstanceId=instance_id, ContactId=contact_id, Name="After", Description="x", References=references
    )

    assert local_aws.connect.contact(contact_id).details == {
        "Name": "After",
        "Description": "x",
        "References": references,
    }


def test_instance_arn_in_the_path_is_taken_for_its_id(local_aws: LocalAws, permitted: User, contact_id: str) -> None:
    (arn,) = {local_aws.connect.contact(contact_id).instance_arn}
    client = contact_updates_client(local_aws.endpoint, permitted)

    client.update_contact(InstanceId=arn, ContactId=contact_id, Name="By ARN")

    assert local_aws.connect.contact(contact_id).details["Name"] == "By ARN"


def test_unsigned_call_is_refused(local_aws: LocalAws, instance_id: str, contact_id: str) -> None:
    body = attributes_body(instance_id, contact_id, tier="gold")

    answer = post(f"{local_aws.endpoint}/contact/attributes", body, signed_by=None)

    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert answer.body["__type"] == "MissingAuthenticationTokenException"
    assert answer.body["message"] == answer.body["Message"] == "The request is not signed, or there is no such path."
    assert local_aws.connect.contact(contact_id).attributes == {"tier": "silver"}


def test_user_without_permission_is_refused(
    local_aws: LocalAws, stranger: User, instance_id: str, contact_id: str
) -> None:
    client = contact_updates_client(local_aws.endpoint, stranger)

    with pytest.raises(ClientError) as refused:
        client.update_contact(InstanceId=instance_id, ContactId=contact_id, Name="After")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert local_aws.connect.contact(contact_id).details == {"Name": "Before"}


def test_permission_for_one_operation_is_none_for_the_other(
    local_aws: LocalAws, instance_id: str, contact_id: str
) -> None:
    api = local_aws.rest_apis[0]
    arn = local_aws.invoke_arn(api).removesuffix("*") + "contact/attributes"
    client = contact_updates_client(local_aws.endpoint, local_aws.create_user(f"one-{uuid.uuid4()}", may_invoke=arn))

    client.update_contact_attributes(InstanceId=instance_id, InitialContactId=contact_id, Attributes={"tier": "gold"})
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.update_contact(InstanceId=instance_id, ContactId=contact_id, Name="After")

    assert local_aws.connect.contact(contact_id).attributes == {"tier": "gold"}
    assert local_aws.connect.contact(contact_id).details == {"Name": "Before"}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"[]", "the body: expected a JSON object"),
        (b'"text"', "the body: expected a JSON object"),
        (b"no JSON", "the body: expected JSON"),
        (b'{"InstanceId": "i", "Attributes": {}}', "InitialContactId: required, but missing"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-amz-json-1.1"])
def test_function_answers_what_is_wrong_with_a_body(
    local_aws: LocalAws, permitted: User, body: bytes, wrong: str, content_type: str
) -> None:
    answer = post(
        f"{local_aws.endpoint}/contact/attributes", body, signed_by=permitted, headers={"Content-Type": content_type}
    )

    # API Gateway's own 400 would have a type of its own in the header.
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "InvalidRequestException")
    assert answer.body == {"__type": "InvalidRequestException", "message": wrong, "Message": wrong}


def test_violations_are_named_by_the_handler(
    local_aws: LocalAws, permitted: User, instance_id: str, contact_id: str
) -> None:
    client = contact_updates_client(local_aws.endpoint, permitted)

    with pytest.raises(client.exceptions.InvalidRequestException) as refused:
        client.update_contact_attributes(
            InstanceId=instance_id, InitialContactId=contact_id, Attributes={"a b": "1", "big": "secret" * 6000}
        )

    message = refused.value.response["Error"]["Message"]
    assert "the key of Attributes[member 1]" in message
    assert "Attributes.big: expected at most 32767 characters" in message
    assert "secret" not in message


def test_unknown_contact_is_not_found(local_aws: LocalAws, permitted: User, instance_id: str) -> None:
    client = contact_updates_client(local_aws.endpoint, permitted)

    with pytest.raises(client.exceptions.ResourceNotFoundException) as missing:
        client.update_contact(InstanceId=instance_id, ContactId=str(uuid.uuid4()), Name="After")

    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_throttle_of_amazon_connect_is_passed_on_after_one_call(
    local_aws: LocalAws, permitted: User, instance_id: str, contact_id: str
) -> None:
    local_aws.connect.set_quota(rate=0.001, burst=0)
    before = local_aws.connect.calls["UpdateContactAttributes"]

    answer = post(
        f"{local_aws.endpoint}/contact/attributes",
        attributes_body(instance_id, contact_id, tier="gold"),
        signed_by=permitted,
    )

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (429, "ThrottlingException")
    assert answer.headers["retry-after"] == "1"
    assert local_aws.connect.calls["UpdateContactAttributes"] - before == 1


def test_function_may_do_nothing_else_in_amazon_connect(local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    (role,) = (role for role in iam.list_roles()["Roles"] if "FunctionRole" in role["RoleName"])
    (name,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document

    instance_arn = local_aws.client("lambda").list_functions()["Functions"][0]["Environment"]["Variables"][
        "INSTANCE_ARN"
    ]

    assert [statement for statement in document["Statement"] if "connect:" in str(statement["Action"])] == [
        {
            "Action": ["connect:UpdateContact", "connect:UpdateContactAttributes"],
            "Effect": "Allow",
            "Resource": f"{instance_arn}/contact/*",
        }
    ]
    assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] == []
