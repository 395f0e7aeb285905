"""The demonstration: updates by a caller with permission, and one by a caller without it."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from connect_constructs.contract.client_model import SERVICE, client_model
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.assembly import stacks, template_files
from connect_constructs.local.calls import ATTRIBUTES, NAME, Call, calls
from connect_constructs.local.emulator import REGION
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.rest_api import RestApi
from connect_constructs.local.session import LocalAws

# A queue applies the updates within a second or two.
_QUEUE_SECONDS = 15

_NOTHING_TO_SIGN = "--demo signs its calls, and no REST API of the app has a POST method with IAM authorization"

Print = Callable[[str], None]


def contact_updates_client(
    endpoint: str, credentials: tuple[str, str], api_key: str | None = None, *, region: str = REGION
) -> Any:
    """A boto3 client for the endpoint, from the service model that `connect-constructs client-model` prints."""
    with tempfile.TemporaryDirectory() as folder:
        model_file = Path(folder) / SERVICE / "2017-08-08" / "service-2.json"
        model_file.parent.mkdir(parents=True)
        model_file.write_text(json.dumps(client_model()))
        session = botocore.session.get_session()
        session.get_component("data_loader").search_paths.append(folder)
        client = boto3.Session(botocore_session=session).client(
            SERVICE,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=credentials[0],
            aws_secret_access_key=credentials[1],
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}),
        )
    if api_key:
        client.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header("x-api-key", api_key)
        )
    return client


def create_contact(connect: AmazonConnect, instance_id: str | None = None, contact_id: str | None = None) -> str:
    """Create a contact to try things out on. Returns its id."""
    return connect.create_contact(instance_id, contact_id=contact_id, attributes={"tier": "silver"}, name="Order 4711")


def check_demonstrable(assembly: Path) -> None:
    """Raise LocalAwsError if the synthesised templates show that there will be nothing to demonstrate."""
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            for item in json.loads(file.read_text(encoding="utf-8")).get("Resources", {}).values():
                properties = item.get("Properties", {})
                if item["Type"] == "AWS::ApiGateway::Method" and properties.get("AuthorizationType") == "AWS_IAM":
                    return
                if item["Type"] == "AWS::ApiGateway::RestApi" and {"Body", "BodyS3Location"} & properties.keys():
                    return  # its methods are defined in an OpenAPI document
    raise LocalAwsError(f"{_NOTHING_TO_SIGN}. Without --demo, the app is deployed and its calls are printed")


def demonstrate(local: LocalAws, show: Print, contact_id: str | None = None) -> None:
    """Send updates from a user with permission and one from a user without it, and show the contact before and after.

    :param contact_id: The contact. Default: a new one for each REST API.
    :raises LocalAwsError: if the result is not the expected one.
    """
    apis = [api for api in local.rest_apis if api.signed_methods and api.instance_id]
    if not apis:
        raise LocalAwsError(_NOTHING_TO_SIGN)
    crm = local.create_user("crm", may_invoke=[local.invoke_arn(api) for api in apis])
    stranger = local.create_user("stranger", may_invoke=None)
    for api in apis:
        try:
            _demonstrate(local, show, api, contact_id, crm, stranger)
        except ClientError as error:
            raise LocalAwsError(f"the app refused a call of the demonstration: {error}") from None


def _demonstrate(
    local: LocalAws,
    show: Print,
    api: RestApi,
    contact_id: str | None,
    crm: tuple[str, str],
    stranger: tuple[str, str],
) -> None:
    assert api.instance_id
    endpoint = local.endpoint_of(api)
    contact_id = create_contact(local.connect, api.instance_id, contact_id)
    operations = [method.operation for method in api.signed_methods]
    updates = calls(api.instance_id, contact_id)
    client = contact_updates_client(endpoint, crm, api.api_key, region=api.region)
    show(f"\nendpoint  {endpoint}")
    show(f"contact   {contact_id}")
    show(f"before    {_described(local.connect, contact_id)}\n")
    for operation in operations:
        call = updates[operation]
        show(f"IAM user crm: {operation} {json.dumps(call.shown)}")
        answer = getattr(client, call.method)(**call.parameters)["ResponseMetadata"]
        update_id = answer["HTTPHeaders"].get("update-id")
        show(f"  {answer['HTTPStatusCode']}" + (f", Update-Id {update_id}" if update_id else ""))
    show(f"IAM user stranger, without permission: {operations[0]}")
    stranger_client = contact_updates_client(endpoint, stranger, api.api_key, region=api.region)
    refusal = _refusal(stranger_client, updates[operations[0]])
    show(f"  {refusal['status']} {refusal['type']}: {refusal['message']}")

    is_made = _wait_until_made(local.connect, contact_id, operations)
    show(f"\nafter     {_described(local.connect, contact_id)}")
    if not is_made:
        raise LocalAwsError("the contact does not have the values that the updates set")
    if (refusal["status"], refusal["type"]) != (403, "AccessDeniedException"):
        raise LocalAwsError("the call without permission should have been refused with 403 AccessDeniedException")


def _wait_until_made(connect: AmazonConnect, contact_id: str, operations: Sequence[str]) -> bool:
    """Whether the contact has the values that the updates set. Waits for a queue to apply them."""
    deadline = time.monotonic() + _QUEUE_SECONDS
    while True:
        contact = connect.contact(contact_id)
        made = {
            "UpdateContactAttributes": contact.attributes == ATTRIBUTES,
            "UpdateContact": contact.details == {"Name": NAME},
        }
        if all(made[operation] for operation in operations):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)


def _described(connect: AmazonConnect, contact_id: str) -> str:
    contact = connect.contact(contact_id)
    return f"Name: {contact.details['Name']} | Attributes: {json.dumps(contact.attributes)}"


def _refusal(client: Any, call: Call) -> dict[str, Any]:
    try:
        getattr(client, call.method)(**call.parameters)
    except ClientError as error:
        return {
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "type": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
        }
    return {"status": 200, "type": "none", "message": "the call was accepted"}
