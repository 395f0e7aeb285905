"""A consumer between a queue and Amazon Connect, all in this process."""

from __future__ import annotations

import json
from typing import Any

from connect_constructs.local.amazon_connect import AmazonConnect
from contact_updates.connect_target import ConnectTarget, Pacer
from contact_updates.consumer.consumer import Consumer
from contact_updates.consumer.rejections import DeadLetterQueue, RejectionEvents
from contact_updates.consumer.visibility import Visibility
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.endpoint.queue_target import QueueTarget
from contact_updates.settings import ConsumerSettings, EndpointSettings, Instance
from contact_updates.update_message import message_group_id
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID
from tests.handler.queue_fakes import (
    DEAD_LETTER_QUEUE_URL,
    QUEUE_URL,
    Clock,
    ConnectClient,
    Delivery,
    EventBus,
    SqsClient,
    TimedContext,
    dead_letter_queue,
    deliver,
    fields_of,
    update_queue,
)
from tests.sqs_fifo import Message

OTHER_CONTACT = "a7654321-4321-4321-4321-210987654321"
# It does not exist until a test creates it.
NEW_CONTACT = "b7654321-4321-4321-4321-210987654321"


class Rig:
    """A consumer between a queue and Amazon Connect. Updates have the ids `u1`, `u2` and so on."""

    def __init__(
        self, *, merge_updates: bool = True, seconds_per_call: float = 0, operations: frozenset[str] | None = None
    ) -> None:
        self.clock = Clock()
        self.queue = update_queue(self.clock)
        self.dead_letters = dead_letter_queue(self.clock)
        # One client for each, so that a test can let one of them fail.
        self.queue_client = SqsClient(self.queue)
        self.dead_letter_client = SqsClient(self.dead_letters)
        self.state = AmazonConnect(rate=1e9, burst=10**9, clock=self.clock)
        self.state.add_instance(INSTANCE_ARN)
        for contact_id in (CONTACT_ID, OTHER_CONTACT):
            self.state.create_contact(contact_id=contact_id)
        pacer = Pacer(seconds_per_call, clock=self.clock, sleep=self.clock.advance)
        self.connect = ConnectClient(self.state)
        self.target = ConnectTarget(self.connect, pacer=pacer)
        self.bus = EventBus()
        self.settings = ConsumerSettings(
            instance=Instance(INSTANCE_ARN),
            queue_url=QUEUE_URL,
            dead_letter_queue_url=DEAD_LETTER_QUEUE_URL,
            seconds_per_call=seconds_per_call,
            merge_updates=merge_updates,
            operations=operations,
        )
        self.consumer = self.new_environment()
        self._sent = 0

    def new_environment(self) -> Consumer:
        """A consumer in an execution environment of its own."""
        return Consumer(
            self.settings,
            connect=self.target,
            dead_letters=DeadLetterQueue(self.dead_letter_client, DEAD_LETTER_QUEUE_URL),
            visibility=Visibility(self.queue_client, QUEUE_URL),
            events=RejectionEvents(self.bus, "the-bus"),
            clock=self.clock,
        )

    def endpoint(self) -> Endpoint:
        """An endpoint that sends to the queue."""
        settings = EndpointSettings(instance=self.settings.instance, queue_url=QUEUE_URL)
        return Endpoint(settings, QueueTarget(self.queue_client, QUEUE_URL))

    def attributes(self, values: dict[str, str], contact_id: str = CONTACT_ID, **changes: Any) -> str:
        """Send an attribute update to the queue. Returns the message id."""
        parameters = {"InstanceId": INSTANCE_ID, "InitialContactId": contact_id, "Attributes": values}
        return self._message("UpdateContactAttributes", parameters, contact_id, changes)

    def details(self, fields: dict[str, Any], contact_id: str = CONTACT_ID, **changes: Any) -> str:
        """Send an update by UpdateContact to the queue. Returns the message id."""
        parameters = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, **fields}
        return self._message("UpdateContact", parameters, contact_id, changes)

    def _message(self, operation: str, parameters: dict[str, Any], contact_id: str, changes: dict[str, Any]) -> str:
        number = self._sent + 1
        fields = {
            "version": 1,
            "updateId": f"u{number}",
            "requestId": f"r{number}",
            "acceptedAt": "2027-01-15T08:00:00.000Z",
            "operation": operation,
            "parameters": parameters,
            **changes,
        }
        return self.body(json.dumps(fields), contact_id)

    def body(self, body: str, contact_id: str = CONTACT_ID) -> str:
        """Send a message to the queue. Returns its id."""
        self._sent += 1
        return self.queue.send(body, message_group_id(contact_id), f"d{self._sent}").id

    def deliver(self, *, seconds: float = 300) -> Delivery:
        return deliver(self.queue, self.consumer, TimedContext(self.clock, seconds))

    def run(self, seconds: int) -> list[Delivery]:
        """Let time pass while the event source polls each second."""
        deliveries = []
        for _ in range(seconds):
            while (delivery := self.deliver()).records:
                deliveries.append(delivery)
            self.clock.advance(1)
        return deliveries

    def waits(self, message_id: str) -> float:
        """How many seconds until the message can be received."""
        return self.message(message_id).visible_at - self.clock()

    def message(self, message_id: str) -> Message:
        return next(message for message in self.queue.messages if message.id == message_id)

    def values(self, contact_id: str = CONTACT_ID) -> dict[str, str]:
        return self.state.contact(contact_id).attributes

    def fail_for(self, contact_id: str, error: BaseException) -> None:
        """Let each call for the contact fail."""

        def trouble(_: str, parameters: dict[str, Any]) -> None:
            if contact_id in (parameters.get("InitialContactId"), parameters.get("ContactId")):
                raise error

        self.connect.trouble = trouble

    def refuse(self, value: str, error: BaseException) -> None:
        """Let each call with the attribute value fail."""

        def trouble(_: str, parameters: dict[str, Any]) -> None:
            if value in parameters.get("Attributes", {}).values():
                raise error

        self.connect.trouble = trouble

    def heal(self) -> None:
        self.connect.trouble = lambda *_: None

    @property
    def sent_attributes(self) -> list[dict[str, str]]:
        """The attributes of each call to Amazon Connect."""
        return [parameters.get("Attributes", {}) for _, parameters in self.connect.made]

    @property
    def rejections(self) -> list[tuple[str, str]]:
        """The update id and the type of each dead letter."""
        return [
            (str(fields.get("updateId")), fields["rejection"]["type"])
            for fields in map(fields_of, self.dead_letters.messages)
        ]
