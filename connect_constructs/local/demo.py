"""What `connect-constructs local` shows when everything is up: a demonstration, or calls to paste."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from connect_constructs.client_model import client_model
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.emulator import REGION
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.session import LocalAws

SERVICE = "contact-updates"

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
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
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
    """Make two updates as somebody who may and one as somebody who may not, and show what becomes of the contact.

    Raises LocalAwsError if anything is not as it should be.
    """
    instance_id = _instance_id(local)
    api = next((api for api in local.rest_apis if api.has_iam_authorization), None)
    if api is None:
        raise LocalAwsError("the demonstration signs its calls, and the app has no REST API with IAM authorization")
    endpoint = local.endpoint_of(api)
    crm = contact_updates_client(endpoint, local.create_user("crm", may_invoke=local.invoke_arn(api)), api.api_key)
    stranger = contact_updates_client(endpoint, local.create_user("stranger", may_invoke=None), api.api_key)

    try:
        _demonstrate(local, show, endpoint, instance_id, crm, stranger)
    except ClientError as error:
        raise LocalAwsError(f"the app refuses the demonstration's call: {error}") from None


def _demonstrate(local: LocalAws, show: Print, endpoint: str, instance_id: str, crm: Any, stranger: Any) -> None:
    contact_id = create_contact(local.connect)
    show(f"\nendpoint  {endpoint}")
    show(f"before    {_described(local.connect, contact_id)}\n")

    attributes = {"tier": "gold", "callback": "2026-12-01"}
    show(f"IAM user crm: UpdateContactAttributes {json.dumps(attributes)}")
    crm.update_contact_attributes(InstanceId=instance_id, InitialContactId=contact_id, Attributes=attributes)
    show("  200")
    show('IAM user crm: UpdateContact {"Name": "Order 4711, express"}')
    crm.update_contact(InstanceId=instance_id, ContactId=contact_id, Name="Order 4711, express")
    show("  200")
    show("IAM user stranger, without permission: UpdateContactAttributes")
    refusal = _refusal(stranger, InstanceId=instance_id, InitialContactId=contact_id, Attributes={"tier": "none"})
    show(f"  {refusal['status']} {refusal['type']}: {refusal['message']}")

    show(f"\nafter     {_described(local.connect, contact_id)}")
    contact = local.connect.contact(contact_id)
    if (contact.attributes, contact.details) != (attributes, {"Name": "Order 4711, express"}):
        raise LocalAwsError("the contact is not what the two updates should have made of it")
    if (refusal["status"], refusal["type"]) != (403, "AccessDeniedException"):
        raise LocalAwsError("the call without permission should have been refused with 403 AccessDeniedException")


def calls_to_paste(local: LocalAws) -> str:
    """The endpoint and calls that work as they are pasted, for each REST API, with an access key of their own."""
    instance_id, contact_id = _instance_id(local), create_contact(local.connect)
    texts = []
    for number, api in enumerate(local.rest_apis, start=1):
        if not api.has_iam_authorization:
            texts.append(
                f"\n{api.stack_name}: {local.endpoint_of(api)}\n\n  Callers need what its authorizer asks for.\n"
            )
            continue
        key_id, secret = local.create_user(f"caller{number}", may_invoke=local.invoke_arn(api))
        endpoint = local.endpoint_of(api)
        without_key = " (which cannot send the API key that this API asks for)" if api.api_key else ""
        key_header = f" -H 'x-api-key: {api.api_key}'" if api.api_key else ""
        body = {"InstanceId": instance_id, "InitialContactId": contact_id, "Attributes": {"tier": "gold"}}
        texts.append(f"""
{api.stack_name}: {endpoint}

  export AWS_ACCESS_KEY_ID={key_id} AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION={REGION}

curl:
  curl -i --aws-sigv4 aws:amz:{REGION}:execute-api --user $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY \\
    -H 'Content-Type: application/json'{key_header} -d '{json.dumps(body)}' \\
    {endpoint}/contact/attributes

AWS CLI{without_key}:
  {_this_command()} client-model > {SERVICE}.json
  aws configure add-model --service-name {SERVICE} --service-model file://{SERVICE}.json
  aws {SERVICE} update-contact --endpoint-url {endpoint} \\
    --instance-id {instance_id} --contact-id {contact_id} --name 'Order 4711, express'

boto3, after the add-model above:
  import boto3
  connect = boto3.client("{SERVICE}", endpoint_url="{endpoint}")
  connect.update_contact_attributes(
      InstanceId="{instance_id}", InitialContactId="{contact_id}", Attributes={{"tier": "gold"}})

What Amazon Connect has, read back:
  aws connect get-contact-attributes --endpoint-url {local.connect_url} \\
    --instance-id {instance_id} --initial-contact-id {contact_id}
""")
    return "".join(texts)


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


def _refusal(client: Any, **parameters: Any) -> dict[str, Any]:
    try:
        client.update_contact_attributes(**parameters)
    except ClientError as error:
        return {
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "type": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
        }
    return {"status": 200, "type": "none", "message": "the call was let through"}
