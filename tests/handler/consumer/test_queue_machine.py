"""Whatever fails, each contact ends up as if its accepted updates had been applied in order."""

from __future__ import annotations

import contextlib
import functools
import io
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.faults import BARE_THROTTLE, TOO_MANY_REQUESTS, ErrorAnswer, documented_error
from contact_updates.connect_target import ConnectTarget
from contact_updates.consumer.consumer import Consumer
from contact_updates.consumer.rejections import DeadLetterQueue, RejectionEvents
from contact_updates.consumer.visibility import Visibility
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.endpoint.queue_target import QueueTarget
from contact_updates.settings import ConsumerSettings, EndpointSettings, Instance
from contact_updates.update_message import message_group_id
from tests.handler.proxy import INSTANCE_ARN, INSTANCE_ID, Event, LambdaContext, attributes_event, contact_event
from tests.handler.queue_fakes import (
    DEAD_LETTER_QUEUE_URL,
    QUEUE_URL,
    Clock,
    ConnectClient,
    EventBus,
    KilledError,
    Record,
    SqsClient,
    TimedContext,
    client_error,
    dead_letter_queue,
    fields_of,
    receive,
    settle,
    update_queue,
)

CONTACTS = [f"{number}1111111-0000-4000-8000-000000000000" for number in range(3)]
# Amazon Connect knows these within five minutes after their creation: none of their updates is lost.
NEW_CONTACTS = [f"{number}2222222-0000-4000-8000-000000000000" for number in range(2)]
MISSING = "33333333-0000-4000-8000-000000000000"
ANY_CONTACT = st.sampled_from([*CONTACTS, *NEW_CONTACTS, MISSING])

TOO_EARLY = ("ResourceNotFoundException", "InvalidRequestException")
# Amazon Connect refuses each update with this attribute. A merge cannot hide it, as only refused updates have it.
REFUSED = "refused"

VALUES = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2", "3"]), min_size=1, max_size=3)

# The fault of one call: before it takes effect, or afterwards, so that only its answer is lost. None: no fault.
Mishap = tuple[str, BaseException] | None

_LOST = ReadTimeoutError(endpoint_url="https://example.com")
_CLOSED = ConnectionClosedError(endpoint_url="https://example.com")
_NOWHERE = EndpointConnectionError(endpoint_url="https://example.com")
_KILLED = KilledError()

CONNECT_MISHAPS: list[Mishap] = [
    None,
    None,
    None,
    ("before", client_error(documented_error("ThrottlingException"))),
    ("before", client_error(TOO_MANY_REQUESTS)),
    ("before", client_error(BARE_THROTTLE)),
    ("before", client_error(documented_error("InternalServiceException"))),
    ("before", client_error(documented_error("AccessDeniedException"))),
    ("before", client_error(documented_error("ConflictException"))),
    ("before", client_error(ErrorAnswer(403, "ExpiredTokenException"))),
    ("before", _CLOSED),
    ("before", _LOST),
    ("after", _LOST),
    ("after", _CLOSED),
    ("before", _KILLED),
    ("after", _KILLED),
]
QUEUE_MISHAPS: list[Mishap] = [
    None,
    None,
    ("before", client_error(ErrorAnswer(403, "AccessDenied"))),
    ("before", _NOWHERE),
    ("after", _LOST),
    ("before", _KILLED),
    ("after", _KILLED),
]


class Mishaps:
    """The faults of the next calls, one each."""

    def __init__(self) -> None:
        self._next: list[Mishap] = []
        self._after: BaseException | None = None

    def plan(self, mishaps: list[Mishap]) -> None:
        self._next = list(mishaps)

    def before(self, *_: Any) -> None:
        mishap = self._next.pop(0) if self._next else None
        self._after = None
        if mishap is None:
            return
        when, error = mishap
        if when == "before":
            raise error
        self._after = error

    def after(self, *_: Any) -> None:
        if self._after is not None:
            raise self._after


class QueueMachine(RuleBasedStateMachine):
    """An endpoint, a queue, a consumer and Amazon Connect. Any call can fail, or kill the function."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.queue, self.dead_letters = update_queue(self.clock, visibility_seconds=360), dead_letter_queue(self.clock)
        self.queue_client, self.dead_letter_client = SqsClient(self.queue), SqsClient(self.dead_letters)
        self.state = AmazonConnect(rate=1e9, burst=10**9, clock=self.clock)
        self.state.add_instance(INSTANCE_ARN)
        self.connect = ConnectClient(self.state)
        self.of_connect, self.of_dead_letters, self.of_queue = Mishaps(), Mishaps(), Mishaps()
        self.connect.trouble, self.connect.trouble_after = self._arrives, self.of_connect.after
        self.dead_letter_client.trouble, self.dead_letter_client.trouble_after = (
            self.of_dead_letters.before,
            self.of_dead_letters.after,
        )
        self.queue_client.trouble, self.queue_client.trouble_after = self.of_queue.before, self.of_queue.after
        self.endpoint = Endpoint(
            EndpointSettings(instance=Instance(INSTANCE_ARN), queue_url=QUEUE_URL),
            QueueTarget(self.queue_client, QUEUE_URL),
        )
        # The expected result: the contacts, and the messages that must be rejected, with their groups.
        self.attributes: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self.rejected: dict[str, str] = {}
        for contact_id in CONTACTS:
            self.state.create_contact(contact_id=contact_id)
            self.attributes[contact_id] = {}
        # How many messages each update has: a call that is retried after five minutes is another message.
        self.messages: Counter[str] = Counter()
        # How often an update was tried too early, by the age before which there may be one call.
        self.too_early: Counter[tuple[str, int]] = Counter()
        self.sent = 0
        self.last: tuple[Event, Callable[[], None]] | None = None

    @initialize(merge_updates=st.booleans())
    def start(self, merge_updates: bool) -> None:
        self.settings = ConsumerSettings(
            instance=Instance(INSTANCE_ARN),
            queue_url=QUEUE_URL,
            dead_letter_queue_url=DEAD_LETTER_QUEUE_URL,
            seconds_per_call=0,
            merge_updates=merge_updates,
        )
        self._start_environment()

    def _start_environment(self) -> None:
        self.consumer = Consumer(
            self.settings,
            connect=ConnectTarget(self.connect),
            dead_letters=DeadLetterQueue(self.dead_letter_client, DEAD_LETTER_QUEUE_URL),
            visibility=Visibility(self.queue_client, QUEUE_URL),
            events=RejectionEvents(EventBus(), "the-bus"),
            clock=self.clock,
        )

    @rule(
        contact_id=st.sampled_from(NEW_CONTACTS),
        visible_after=st.sampled_from([1, 30, 59, 61, 200, 299]),
        error_type=st.sampled_from(TOO_EARLY),
    )
    def create_contact(self, contact_id: str, visible_after: float, error_type: str) -> None:
        if contact_id not in self.attributes:
            self.state.create_contact(
                contact_id=contact_id, visible_after_seconds=visible_after, error_until_visible=error_type
            )
            self.attributes[contact_id] = {}

    def _exists(self, contact_id: str) -> bool:
        return contact_id == MISSING or contact_id in self.attributes

    # -- updates ------------------------------------------------------------------------------------------------------

    @rule(
        contact_id=ANY_CONTACT,
        burst=st.lists(st.tuples(VALUES, st.sampled_from([False, False, False, True])), min_size=1, max_size=4),
        mishap=st.sampled_from(QUEUE_MISHAPS[:-2]),
    )
    def update_attributes(self, contact_id: str, burst: list[tuple[dict[str, str], bool]], mishap: Mishap) -> None:
        for values, refused in burst if self._exists(contact_id) else []:
            attributes = {**values, REFUSED: "1"} if refused else values
            body = {"InstanceId": INSTANCE_ID, "InitialContactId": contact_id, "Attributes": attributes}
            rejected = refused or contact_id == MISSING
            take_effect = self._rejected if rejected else functools.partial(self._made, contact_id, values)
            self._call(attributes_event(body), take_effect, mishap)

    def _made(self, contact_id: str, values: dict[str, str]) -> None:
        merged = {**self.attributes[contact_id], **values}
        self.attributes[contact_id] = {key: value for key, value in merged.items() if value}

    @rule(
        contact_id=ANY_CONTACT,
        name=st.sampled_from(["A", "B", "C"]),
        mishap=st.sampled_from(QUEUE_MISHAPS[:-2]),
    )
    def update_details(self, contact_id: str, name: str, mishap: Mishap) -> None:
        def made() -> None:
            self.names[contact_id] = name

        event = contact_event({"Name": name}, contact=contact_id)
        if self._exists(contact_id):
            self._call(event, self._rejected if contact_id == MISSING else made, mishap)

    @rule(mishap=st.sampled_from(QUEUE_MISHAPS[:-2]))
    def call_again(self, mishap: Mishap) -> None:
        """A client retries after it got no answer, or although it got one."""
        if self.last:
            self._send(*self.last, mishap)

    def _rejected(self) -> None:
        message = self.queue.accepted[-1]
        self.rejected[message.id] = message.group

    def _call(self, event: Event, take_effect: Callable[[], None], mishap: Mishap) -> None:
        self.sent += 1
        headers = {**event["headers"], "amz-sdk-invocation-id": f"call-{self.sent}"}
        self.last = {**event, "headers": headers}, take_effect
        self._send(*self.last, mishap)

    def _send(self, event: Event, take_effect: Callable[[], None], mishap: Mishap) -> None:
        self.of_queue.plan([mishap])
        before = len(self.queue.accepted)
        with contextlib.redirect_stdout(io.StringIO()):
            status = self.endpoint(event, LambdaContext())["statusCode"]
        assert status == (500 if mishap else 202)
        if len(self.queue.accepted) > before:
            self.messages[fields_of(self.queue.accepted[-1])["updateId"]] += 1
            take_effect()

    def _arrives(self, operation: str, parameters: dict[str, Any]) -> None:
        self.of_connect.before()
        if REFUSED in parameters.get("Attributes", {}):
            raise client_error(documented_error("InvalidRequestException"), operation)

    # -- deliveries ---------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([300, 300, 300, 0, 7]))
    def deliver_in_peace(self, seconds: float) -> None:
        self._deliver(seconds)

    @rule(
        of_connect=st.lists(st.sampled_from(CONNECT_MISHAPS), min_size=1, max_size=8),
        of_dead_letters=st.lists(st.sampled_from(QUEUE_MISHAPS), max_size=3),
        of_visibility=st.sampled_from(QUEUE_MISHAPS),
    )
    def deliver_amid_trouble(
        self, of_connect: list[Mishap], of_dead_letters: list[Mishap], of_visibility: Mishap
    ) -> None:
        self.of_connect.plan(of_connect)
        self.of_dead_letters.plan(of_dead_letters)
        self.of_queue.plan([of_visibility])
        self._deliver(300)

    @rule()
    def deliver_to_a_function_whose_answer_is_lost(self) -> None:
        self._heal()
        self._apply(receive(self.queue), 300)

    @rule(
        contact_id=ANY_CONTACT,
        burst=st.lists(st.tuples(VALUES, st.booleans()), min_size=2, max_size=4),
        lost=st.sets(st.integers(0, 3), min_size=1, max_size=2),
    )
    def deliver_and_lose_deletes(
        self, contact_id: str, burst: list[tuple[dict[str, str], bool]], lost: set[int]
    ) -> None:
        """Settled messages that are not deleted come back to the execution environment that settled them."""
        self._heal()
        # Wait until nothing of the contact is in flight, so that the burst can be received.
        self.clock.advance(3_600)
        self._deliver(300)
        self.update_attributes(contact_id, burst, None)
        records = receive(self.queue)
        response = self._apply(records, 300)
        ids = {record["messageId"] for number, record in enumerate(records) if number in lost}
        ids -= {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        settle(self.queue, records, response, ids)
        while ids & {message.id for message in self.queue.messages}:
            self.clock.advance(360)
            self._deliver(300)

    @rule(seconds=st.sampled_from([1, 5, 20, 61, 299, 360, 3_600]))
    def let_time_pass(self, seconds: int) -> None:
        self.clock.advance(seconds)

    def _deliver(self, seconds: float) -> None:
        records = receive(self.queue)
        try:
            settle(self.queue, records, self._apply(records, seconds))
        except KilledError:
            self._start_environment()
        self._heal()

    def _apply(self, records: list[Record], seconds: float) -> dict[str, Any]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            try:
                return self.consumer({"Records": records}, TimedContext(self.clock, seconds))
            finally:
                self._note_what_was_too_early(records, out.getvalue())

    def _note_what_was_too_early(self, records: list[Record], printed: str) -> None:
        sent_at = {
            json.loads(record["body"])["updateId"]: int(record["attributes"]["SentTimestamp"]) / 1000
            for record in records
        }
        held_up: dict[str, dict[str, Any]] = {}
        for line in map(json.loads, printed.splitlines()):
            if line["outcome"] == "HeldUp":
                # Only the first of a contact's updates was tried. Those behind it wait, too.
                held_up.setdefault(line["contactId"], line)
        for line in held_up.values():
            if line["upstreamError"] in TOO_EARLY:
                age = self.clock() - sent_at[line["updateId"]]
                self.too_early[line["updateId"], 60 if age < 60 else 300 if age < 300 else 0] += 1

    def _heal(self) -> None:
        for mishaps in (self.of_connect, self.of_dead_letters, self.of_queue):
            mishaps.plan([])

    # -- what holds ---------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_dead_lettered_that_is_not_to_be_rejected(self) -> None:
        assert {message.deduplication_id for message in self.dead_letters.messages} <= set(self.rejected)

    @invariant()
    def no_rejected_update_is_lost(self) -> None:
        kept = {message.id for message in self.queue.messages}
        kept |= {message.deduplication_id for message in self.dead_letters.messages}
        assert set(self.rejected) <= kept

    @invariant()
    def no_update_is_called_for_again_before_its_time(self) -> None:
        for (update_id, before), count in self.too_early.items():
            # After the last age it is rejected, unless the dead-letter queue fails.
            assert not before or count <= self.messages[update_id]

    @invariant()
    def contact_without_waiting_updates_is_as_it_has_to_be(self) -> None:
        waiting = {message.group for message in self.queue.messages}
        for contact_id in self.attributes:
            if message_group_id(contact_id) not in waiting:
                self._check_contact(contact_id)

    def _check_contact(self, contact_id: str) -> None:
        contact = self.state.contact(contact_id)
        assert contact.attributes == self.attributes[contact_id]
        assert contact.details.get("Name") == self.names.get(contact_id)

    def teardown(self) -> None:
        if not hasattr(self, "consumer"):
            return
        self._heal()
        for _ in range(len(self.queue.messages) + 5):
            self.clock.advance(3_600)
            self._deliver(300)

        assert self.queue.messages == []
        for contact_id in self.attributes:
            self._check_contact(contact_id)
        self._check_dead_letters()

    def _check_dead_letters(self) -> None:
        sent_at: dict[str, float] = {}
        for message in self.dead_letters.messages:
            source = message.deduplication_id
            assert fields_of(message)["rejection"]["type"] in TOO_EARLY
            # A dead letter that is sent again within five minutes is there once.
            assert source not in sent_at or message.sent_at - sent_at[source] >= 300
            sent_at[source] = message.sent_at
        # None is missing, and those of each contact came in order.
        first_seen = list(dict.fromkeys(message.deduplication_id for message in self.dead_letters.messages))
        for group in set(self.rejected.values()):
            expected = [message_id for message_id, its_group in self.rejected.items() if its_group == group]
            assert [message_id for message_id in first_seen if self.rejected[message_id] == group] == expected


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
