"""examples/queue, deployed: a rejected update becomes an event, without its values."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import contact_updates_client
from connect_constructs.local.faults import documented_error

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "queue"


def test_rejected_update_is_published_on_the_event_bus() -> None:
    with LocalAws(EXAMPLE) as local:
        # Given: an Amazon Connect that permanently rejects the next update
        contact_id, instance_id = local.connect.create_contact(), local.connect.instance_ids[0]
        user = local.create_user(f"crm-{uuid.uuid4()}", may_invoke=local.invoke_arn(local.rest_apis[0]))
        client = contact_updates_client(local.endpoint, user)
        local.connect.order(documented_error("InvalidParameterException"))

        # When
        more = {"secret-key": {"Type": "STRING", "Value": "a secret value " * 20}}
        accepted = client.update_contact(InstanceId=instance_id, ContactId=contact_id, References=more)

        # Then
        outputs = local.outputs["Queue"]
        event = _received(local, outputs["RejectionsUrl"])
        dead_letter = _received(local, outputs["DeadLetterQueueUrl"])
    assert (event["source"], event["detail-type"]) == ("connect-constructs", "Contact Update Rejected")
    detail = event["detail"]
    assert detail["updateId"] == accepted["ResponseMetadata"]["HTTPHeaders"]["update-id"] == dead_letter["updateId"]
    assert detail["requestId"] == dead_letter["requestId"]
    assert (detail["operation"], detail["contactId"]) == ("UpdateContact", contact_id)
    assert detail["type"] == dead_letter["rejection"]["type"] == "InvalidParameterException"
    assert detail.keys() == {
        "updateId",
        "requestId",
        "operation",
        "contactId",
        "type",
        "reason",
        "deadLetterMessageId",
    }
    assert "secret" not in json.dumps(event)
    assert dead_letter["parameters"]["References"] == more


def _received(local: LocalAws, queue_url: str) -> dict[str, Any]:
    """Wait some seconds for the first message. Returns its body."""
    name = queue_url.rpartition("/")[2]
    sqs = local.client("sqs")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], WaitTimeSeconds=1)
        if answer.get("Messages"):
            body: dict[str, Any] = json.loads(answer["Messages"][0]["Body"])
            return body
    raise AssertionError(f"nothing came to {name}")
