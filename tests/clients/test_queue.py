"""Every client treats the 202 of an endpoint with a queue as a success, and its update is applied."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.deployment import bound_instances
from tests.clients import client_names
from tests.clients.call import Credentials
from tests.clients.target import ClientNamed, Target, TargetName

# More requests than all clients make together.
_UNLIMITED = 1_000_000


@pytest.fixture(scope="module")
def queueing_endpoint(local_aws_with_queue: LocalAws) -> Target:
    local = local_aws_with_queue
    (instance_arn,) = bound_instances(local.client)
    local.connect.set_quota(rate=_UNLIMITED, burst=_UNLIMITED)
    return Target(
        name=TargetName.ENDPOINT,
        url=local.endpoint,
        connect=local.connect,
        instance_arn=instance_arn,
        signing_name="execute-api",
        permitted=Credentials(
            *local.create_user(f"clients-{uuid.uuid4()}", may_invoke=local.invoke_arn(local.rest_apis[0]))
        ),
        without_permission=None,
        closed_gateway=None,
    )


@pytest.mark.parametrize("client_name", client_names.ALL)
def test_accepted_is_a_success(client_name: str, client_named: ClientNamed, queueing_endpoint: Target) -> None:
    target, client = queueing_endpoint, client_named(client_name)
    contact_id = target.connect.create_contact(name="Before")
    of_instance = {"InstanceId": target.instance_id}
    attributes: dict[str, Any] = {**of_instance, "InitialContactId": contact_id, "Attributes": {"tier": "gold"}}
    name: dict[str, Any] = {**of_instance, "ContactId": contact_id, "Name": "After"}

    answers = [
        client.call(target.call("UpdateContactAttributes", attributes)),
        client.call(target.call("UpdateContact", name)),
    ]

    assert [answer.error_type for answer in answers] == [None, None]
    if client.shows_http:
        assert [answer.status for answer in answers] == [202, 202]
    deadline = time.monotonic() + 15
    while target.connect.contact(contact_id).details != {"Name": "After"} and time.monotonic() < deadline:
        time.sleep(0.05)
    contact = target.connect.contact(contact_id)
    assert (contact.attributes, contact.details) == ({"tier": "gold"}, {"Name": "After"})
