"""Describes how to use the deployed app: its endpoints, or its queues and grants, with calls to paste."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from connect_constructs.contract.client_model import SERVICE
from connect_constructs.local.calls import Call, calls
from connect_constructs.local.demo import create_contact
from connect_constructs.local.emulator import REGION, ROOT_CREDENTIALS
from connect_constructs.local.rest_api import Method, RestApi
from connect_constructs.local.session import LocalAws
from connect_constructs.local.writers import Grant, UpdateQueue

# Stands for a token that only the callers of an API with an authorizer have.
_PLACEHOLDER = "TOKEN"


def calls_to_paste(local: LocalAws, contact_ids: Sequence[str] = ()) -> str:
    """The app's endpoints with calls that work as pasted, each with its own access key.

    :param contact_ids: Existing contacts; the calls use the first. Default: a new contact for each instance.
    """
    contacts = {
        arn.rpartition("/")[2]: next(iter(contact_ids), None) or create_contact(local.connect, arn.rpartition("/")[2])
        for arn in local.instance_arns
    }
    parts = list(_of_endpoints(local, contacts)) if local.rest_apis else list(_without_endpoint(local, contacts))
    return "".join([*parts, *(_of_amazon_connect(local, *contact) for contact in contacts.items())])


def _of_endpoints(local: LocalAws, contacts: dict[str, str]) -> Iterator[str]:
    for number, api in enumerate(local.rest_apis, start=1):
        endpoint = local.endpoint_of(api)
        yield f"\n{api.stack_name}: {endpoint}\n"
        # A function that names no instance may be for any.
        instance_id = api.instance_id or next(iter(contacts), "INSTANCE_ID")
        updates = calls(instance_id, contacts.get(instance_id, "CONTACT_ID"))
        for method in api.methods:
            if method not in api.signed_methods:
                yield _unsigned_call(api, endpoint, method, updates[method.operation])
        signed = [updates[method.operation] for method in api.signed_methods]
        if signed:
            credentials = local.create_user(f"caller{number}", may_invoke=local.invoke_arn(api))
            # If there are two operations, different clients show different ones.
            yield _signed_calls(api, endpoint, signed[0], signed[-1], credentials)
        if not api.methods:
            yield "\n  It offers neither UpdateContactAttributes nor UpdateContact.\n"


def _unsigned_call(api: RestApi, endpoint: str, method: Method, call: Call) -> str:
    key = [f"-H 'x-api-key: {api.api_key}'"] if method.api_key_required else []
    headers = ["-H 'Content-Type: application/json'", *key]
    headers += [f"-H '{name}: {_PLACEHOLDER}'" for name in method.identity_headers]
    title = f"{method.operation}, open to everyone"
    if method.authorization != "NONE":
        title = f"{method.operation}; replace {_PLACEHOLDER} with a token that its authorizer accepts"
    return f"""
{title}:
  curl -i {" ".join(headers)} \\
    -d {shlex.quote(json.dumps(call.body))} \\
    {endpoint}{call.path}
"""


def _signed_calls(api: RestApi, endpoint: str, first: Call, last: Call, credentials: tuple[str, str]) -> str:
    key_id, secret = credentials
    text = f"""
  export AWS_ACCESS_KEY_ID={key_id} AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION={api.region}

curl:
  curl -i --aws-sigv4 aws:amz:{api.region}:execute-api --user $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY \\
    -H 'Content-Type: application/json'{f" -H 'x-api-key: {api.api_key}'" if api.api_key else ""} \\
    -d {shlex.quote(json.dumps(first.body))} \\
    {endpoint}{first.path}

The AWS CLI and boto3 need this once (it writes to ~/.aws/models):
  {_this_command()} client-model > {SERVICE}.json
  aws configure add-model --service-name {SERVICE} --service-model file://{SERVICE}.json

boto3:
  import boto3
  connect = boto3.client("{SERVICE}", endpoint_url="{endpoint}")
{_send_api_key(api)}  connect.{first.method}(**{first.parameters!r})
"""
    if api.api_key:
        return f"{text}\nThe AWS CLI cannot send the API key that this API requires.\n"
    options = f"aws {SERVICE} {last.cli} --endpoint-url {endpoint}"
    return f"{text}\nAWS CLI:\n  {options} \\\n    --cli-input-json {shlex.quote(json.dumps(last.parameters))}\n"


def _without_endpoint(local: LocalAws, contacts: dict[str, str]) -> Iterator[str]:
    for stack_name, outputs in local.outputs.items():
        yield f"\n{stack_name}:\n" + "".join(f"  {name} = {value}\n" for name, value in outputs.items())
    if not contacts:
        yield "\nNo function and no policy of the app names an Amazon Connect instance.\n"
    yield f"""
Credentials of this local AWS's root user:
  export {" ".join(f"{name}={value}" for name, value in ROOT_CREDENTIALS.items())} AWS_DEFAULT_REGION={REGION}
"""
    queues = local.update_queues()
    for queue in queues:
        instance_id = queue.instance_arn.rpartition("/")[2]
        yield _message(local, queue, calls(instance_id, contacts[instance_id]), contacts[instance_id])
    own = {queue.function_role_arn for queue in queues}
    for grant in local.grants():
        if grant.arn not in own:
            yield _granted(local, grant, contacts)


def _message(local: LocalAws, queue: UpdateQueue, updates: dict[str, Call], contact_id: str) -> str:
    operation = "UpdateContactAttributes"
    body = {"version": 1, "operation": operation, "parameters": updates[operation].parameters}
    # All producers must use this group, or updates of a contact lose their order.
    group = hashlib.sha256(contact_id.lower().encode()).hexdigest()
    return f"""
A message for the queue {queue.url.rpartition("/")[2]} (each message needs its own deduplication id):
  aws sqs send-message --endpoint-url {local.url} --queue-url {queue.url} \\
    --region {queue.region} --message-deduplication-id first --message-group-id {group} \\
    --message-body {shlex.quote(json.dumps(body))}
"""


def _granted(local: LocalAws, grant: Grant, contacts: dict[str, str]) -> str:
    operations = " and ".join(grant.operations)
    if ":policy/" in grant.arn:
        return f"\n{grant.arn} allows {operations} wherever it is attached\n"
    instance_arn = grant.contact_arn.partition("/contact/")[0]
    instance_id = instance_arn.rpartition("/")[2]
    contact_id = contacts[instance_id]
    call = calls(instance_id, contact_id)[grant.operations[0]]
    return f"""
{grant.arn} may {operations}:
  aws iam simulate-principal-policy --endpoint-url {local.url} --policy-source-arn {grant.arn} \\
    --action-names connect:{grant.operations[0]} --resource-arns {shlex.quote(f"{instance_arn}/contact/{contact_id}")}
The call itself, to the in-memory Amazon Connect, which checks no permissions:
  aws connect {call.cli} --endpoint-url {local.connect_url} \\
    --cli-input-json {shlex.quote(json.dumps(call.parameters))}
"""


def _of_amazon_connect(local: LocalAws, instance_id: str, contact_id: str) -> str:
    return f"""
Read back what Amazon Connect has:
  aws connect get-contact-attributes --endpoint-url {local.connect_url} \\
    --instance-id {instance_id} --initial-contact-id {shlex.quote(contact_id)}
Create another contact (`connect-constructs local --contact ID` creates one with that id):
  aws connect create-contact --endpoint-url {local.connect_url} \\
    --instance-id {instance_id} --channel TASK --initiation-method API
"""


def _send_api_key(api: RestApi) -> str:
    if not api.api_key:
        return ""
    header = f'request.headers.add_header("x-api-key", "{api.api_key}")'
    return f'  connect.meta.events.register("before-sign", lambda request, **_: {header})\n'


def _this_command() -> str:
    """This command as it can be called from the current folder, even if it is not on the path."""
    command = Path(sys.argv[0]).absolute()
    return str(command.relative_to(Path.cwd())) if command.is_relative_to(Path.cwd()) else str(command)
