"""What `connect-constructs local` shows when everything is up: a demonstration, or calls to paste."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from connect_constructs.client_model import SERVICE, client_model
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.deployment import RestApi
from connect_constructs.local.emulator import REGION
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.session import LocalAws

# What the updates make of the contact.
_ATTRIBUTES = {"tier": "gold", "callback": "2026-12-01"}
_NAME = "Order 4711, express"
# A queue applies them within a second or two.
_QUEUE_SECONDS = 15

Print = Callable[[str], None]


def contact_updates_client(endpoint: str, credentials: tuple[str, str], api_key: str | None = None) -> Any:
    """A boto3 client of the endpoint, made from the service model that `connect-constructs client-model` prints."""
    with tempfile.TemporaryDirectory() as folder:
        model_file = Path(folder) / SERVICE / "2017-08-08" / "service-2.json"
        model_file.parent.mkdir(parents=True)
        model_file.write_text(json.dumps(client_model()))
        session = botocore.session.get_session()
        session.get_component("data_loader").search_paths.append(folder)
        client = boto3.Session(botocore_session=session).client(
            SERVICE,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=credentials[0],
            aws_secret_access_key=credentials[1],
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}),
        )
    if api_key:
        client.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header("x-api-key", api_key)
        )
    return client


def create_contact(connect: AmazonConnect) -> str:
    """A contact to try things on; its id."""
    return connect.create_contact(attributes={"tier": "silver"}, name="Order 4711")


def demonstrate(local: LocalAws, show: Print) -> None:
    """Make updates as somebody who may and one as somebody who may not, and show what becomes of the contact.

    Raises LocalAwsError if anything is not as it should be.
    """
    instance_id = _instance_id(local)
    api = next((api for api in local.rest_apis if api.has_iam_authorization and api.operations), None)
    if api is None:
        raise LocalAwsError("the demonstration signs its calls, and the app has no endpoint with IAM authorization")
    crm = local.create_user("crm", may_invoke=local.invoke_arn(api))
    stranger = local.create_user("stranger", may_invoke=None)
    try:
        _demonstrate(local, show, api, instance_id, crm, stranger)
    except ClientError as error:
        raise LocalAwsError(f"the app refuses the demonstration's call: {error}") from None


def _demonstrate(
    local: LocalAws, show: Print, api: RestApi, instance_id: str, crm: tuple[str, str], stranger: tuple[str, str]
) -> None:
    endpoint, contact_id = local.endpoint_of(api), create_contact(local.connect)
    calls = _calls(instance_id, contact_id)
    client = contact_updates_client(endpoint, crm, api.api_key)
    show(f"\nendpoint  {endpoint}")
    show(f"before    {_described(local.connect, contact_id)}\n")
    for operation in api.operations:
        call = calls[operation]
        show(f"IAM user crm: {operation} {json.dumps(call.shown)}")
        answer = getattr(client, call.method)(**call.parameters)["ResponseMetadata"]
        update_id = answer["HTTPHeaders"].get("update-id")
        show(f"  {answer['HTTPStatusCode']}" + (f", Update-Id {update_id}" if update_id else ""))
    call = calls[api.operations[0]]
    show(f"IAM user stranger, without permission: {api.operations[0]}")
    refusal = _refusal(contact_updates_client(endpoint, stranger, api.api_key), call)
    show(f"  {refusal['status']} {refusal['type']}: {refusal['message']}")

    is_made = _wait_until_made(local.connect, contact_id, api.operations)
    show(f"\nafter     {_described(local.connect, contact_id)}")
    if not is_made:
        raise LocalAwsError("the contact is not what the updates should have made of it")
    if (refusal["status"], refusal["type"]) != (403, "AccessDeniedException"):
        raise LocalAwsError("the call without permission should have been refused with 403 AccessDeniedException")


def _wait_until_made(connect: AmazonConnect, contact_id: str, operations: Sequence[str]) -> bool:
    """Whether the contact is what the updates make of it; a queue is given time for them."""
    deadline = time.monotonic() + _QUEUE_SECONDS
    while True:
        contact = connect.contact(contact_id)
        made = {
            "UpdateContactAttributes": contact.attributes == _ATTRIBUTES,
            "UpdateContact": contact.details == {"Name": _NAME},
        }
        if all(made[operation] for operation in operations):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)


def calls_to_paste(local: LocalAws) -> str:
    """The endpoint and calls that work as they are pasted, for each REST API, with an access key of their own."""
    instance_id, contact_id = _instance_id(local), create_contact(local.connect)
    calls = _calls(instance_id, contact_id)
    texts = []
    for number, api in enumerate(local.rest_apis, start=1):
        endpoint = local.endpoint_of(api)
        texts.append(f"\n{api.stack_name}: {endpoint}\n")
        if not (api.has_iam_authorization and api.operations):
            texts.append("\n  Callers need what its authorizer asks for.\n")
            continue
        key_id, secret = local.create_user(f"caller{number}", may_invoke=local.invoke_arn(api))
        # Each kind of client shows another operation, where there are two.
        first, last = calls[api.operations[0]], calls[api.operations[-1]]
        texts.append(f"""
  export AWS_ACCESS_KEY_ID={key_id} AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION={REGION}

curl:
  curl -i --aws-sigv4 aws:amz:{REGION}:execute-api --user $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY \\
    -H 'Content-Type: application/json'{f" -H 'x-api-key: {api.api_key}'" if api.api_key else ""} \\
    -d '{json.dumps(first.body)}' \\
    {endpoint}{first.path}

The AWS CLI and boto3 need this once (it goes into ~/.aws/models):
  {_this_command()} client-model > {SERVICE}.json
  aws configure add-model --service-name {SERVICE} --service-model file://{SERVICE}.json

boto3:
  import boto3
  connect = boto3.client("{SERVICE}", endpoint_url="{endpoint}")
{_send_api_key(api)}  connect.{first.method}(**{first.parameters!r})
""")
        if api.api_key:
            texts.append("\nThe AWS CLI cannot send the API key that this API asks for.\n")
        else:
            options = f"aws {SERVICE} {last.cli} --endpoint-url {endpoint}"
            texts.append(f"\nAWS CLI:\n  {options} \\\n    --cli-input-json '{json.dumps(last.parameters)}'\n")
    texts.append(f"""
What Amazon Connect has, read back:
  aws connect get-contact-attributes --endpoint-url {local.connect_url} \\
    --instance-id {instance_id} --initial-contact-id {contact_id}
""")
    return "".join(texts)


@dataclass(frozen=True)
class _Call:
    """One update, for all kinds of clients."""

    method: str
    cli: str
    path: str
    parameters: dict[str, Any]
    body: dict[str, Any]
    # What of it is worth showing.
    shown: dict[str, Any]


def _calls(instance_id: str, contact_id: str) -> dict[str, _Call]:
    attributes = {"InstanceId": instance_id, "InitialContactId": contact_id, "Attributes": _ATTRIBUTES}
    name = {"Name": _NAME}
    return {
        "UpdateContactAttributes": _Call(
            method="update_contact_attributes",
            cli="update-contact-attributes",
            path="/contact/attributes",
            parameters=attributes,
            body=attributes,
            shown=_ATTRIBUTES,
        ),
        "UpdateContact": _Call(
            method="update_contact",
            cli="update-contact",
            path=f"/contacts/{instance_id}/{contact_id}",
            parameters={"InstanceId": instance_id, "ContactId": contact_id, **name},
            body=name,
            shown=name,
        ),
    }


def _send_api_key(api: RestApi) -> str:
    if not api.api_key:
        return ""
    header = f'request.headers.add_header("x-api-key", "{api.api_key}")'
    return f'  connect.meta.events.register("before-sign", lambda request, **_: {header})\n'


def _this_command() -> str:
    """How this command can be called again from the same folder: it need not be on the user's path."""
    command = Path(sys.argv[0]).absolute()
    return str(command.relative_to(Path.cwd())) if command.is_relative_to(Path.cwd()) else str(command)


def _instance_id(local: LocalAws) -> str:
    instance_ids = local.connect.instance_ids
    if not (local.rest_apis and instance_ids):
        raise LocalAwsError(
            "the app has no REST API, or no function bound to an Amazon Connect instance: nothing to call"
        )
    return instance_ids[0]


def _described(connect: AmazonConnect, contact_id: str) -> str:
    contact = connect.contact(contact_id)
    return f"Name: {contact.details['Name']} | Attributes: {json.dumps(contact.attributes)}"


def _refusal(client: Any, call: _Call) -> dict[str, Any]:
    try:
        getattr(client, call.method)(**call.parameters)
    except ClientError as error:
        return {
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "type": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
        }
    return {"status": 200, "type": "none", "message": "the call was let through"}
