"""One run: a scenario with a seed → which promises of docs/queue.md it broke."""

from __future__ import annotations

import contextlib
import functools
import json
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from tests.attack.event_source import Context, EventSource, Handler
from tests.attack.handler_code import HandlerCode
from tests.attack.network import Network, ServiceError
from tests.attack.scenario import Scenario
from tests.attack.updates import CONTACT_IDS, INSTANCE_ARN, INSTANCE_ID, MARK, Update, plan, tag_of
from tests.attack.virtual_time import Simulation
from tests.sqs_fifo import FifoQueue, Message, Sqs, SqsError

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/updates.fifo"
DEAD_LETTER_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/rejected.fifo"

# As the construct sets them: the default of 7 updates a second with 2 executions.
FUNCTION_SECONDS = 45.0
QUEUE_VISIBILITY_SECONDS = 6 * FUNCTION_SECONDS
SECONDS_PER_CALL = "0.3"

# How the first text begins if the handler raised.
CRASHED = "exceptions that reached Lambda"

_START = 1_800_000_000.0
_WINDOW_SECONDS = 2.0
_MAX_NAMED = 3
_MAX_SHOWN = 200

_ENVIRONMENT = {
    "INSTANCE_ARN": INSTANCE_ARN,
    "QUEUE_URL": QUEUE_URL,
}


@dataclass
class Result:
    """The result of one run."""

    scenario: str
    seed: int
    updates: int = 0
    calls: int = 0
    dead_letters: int = 0
    killed: int = 0
    broken: list[str] = field(default_factory=list)


class Run:
    """Producers, the queue, its event source, the function's environments, and what they call."""

    def __init__(self, scenario: Scenario, seed: int, code: HandlerCode) -> None:
        self._scenario = scenario
        self._code = code
        self._rng = random.Random(f"{scenario.name} {seed}")  # noqa: S311 - a run is to be repeatable
        self._result = Result(scenario.name, seed)
        self._simulation = simulation = Simulation(_START)
        clock = simulation.clock
        self.dead_letter_queue = FifoQueue(DEAD_LETTER_QUEUE_URL, clock)
        self.queue = FifoQueue(
            QUEUE_URL,
            clock,
            visibility_seconds=QUEUE_VISIBILITY_SECONDS,
            dead_letter_queue=self.dead_letter_queue,
        )
        self._sqs = Sqs(self.queue, self.dead_letter_queue)
        self._state = AmazonConnect(clock=clock)
        self._state.add_instance(INSTANCE_ARN)
        self._network = Network(
            simulation,
            {
                "connect": self._connect,
                "queue": self._call_sqs,
                "dead letters": self._call_sqs,
                "events": self._put_events,
            },
            dead_letter_queue_url=DEAD_LETTER_QUEUE_URL,
            faults=scenario.faults,
            rng=self._rng,
            jitter_seconds=scenario.jitter_seconds,
        )
        self._updates = {update.number: update for update in plan(scenario, self._rng)}
        self._entries: list[dict[str, Any]] = []
        # The newest update that each contact got by each operation, as its place in the queue.
        self._newest_applied: Counter[tuple[str, str]] = Counter()
        self._confirmed: set[int] = set()
        # The number of the update in each message, in queue order.
        self._places: list[int] = []
        # How long each update waited until its message was deleted.
        self._waited: dict[int, float] = {}

    def result(self) -> Result:
        """Run the simulation, and check the result."""
        scenario, simulation = self._scenario, self._simulation
        lines = _Lines()
        with contextlib.redirect_stdout(lines), self._network.in_place():
            source = EventSource(
                simulation,
                self.queue,
                self._new_environment,
                maximum_concurrency=scenario.maximum_concurrency,
                function_seconds=FUNCTION_SECONDS,
                weather=scenario.weather,
                rng=self._rng,
            )
            source.on_delete = self._about_to_be_deleted
            self._plan_contacts()
            self._plan_producers()
            if scenario.redrive_at is not None:
                simulation.after(scenario.redrive_at, functools.partial(self.dead_letter_queue.move_to, self.queue))
            simulation.run(_START + scenario.hours * 3600)
        result = self._result
        result.updates = len(self.queue.accepted)
        result.calls = sum(service == "connect" for service, _ in self._network.arrivals)
        result.dead_letters = len(self.dead_letter_queue.accepted)
        result.killed = source.killed
        self._breaks(CRASHED, [type(error).__name__ for error in source.crashes])
        if not scenario.may_be_killed:
            self._breaks("executions killed by their timeout", [source.killed] if source.killed else [])
        self._check_queue()
        self._check_contacts()
        self._check_dead_letters()
        self._check_rate()
        self._check_texts(lines.lines)
        return result

    # -- what happens -------------------------------------------------------------------------------------------------

    def _new_environment(self) -> Handler:
        # An environment takes some hundred milliseconds to start.
        self._simulation.sleep(self._rng.uniform(0.2, 0.6))
        environment = {
            **_ENVIRONMENT,
            "DEAD_LETTER_QUEUE_URL": DEAD_LETTER_QUEUE_URL,
            "SECONDS_PER_CALL": SECONDS_PER_CALL,
            "EVENT_BUS_NAME": "the-bus",
            **self._scenario.environment,
        }
        handler: Handler = self._code.load("queue_function", environment, self._simulation.time_module())
        return handler

    def _plan_contacts(self) -> None:
        for number, contact_id in enumerate(CONTACT_IDS[: self._scenario.contacts]):
            late = self._rng.random() < self._scenario.new_contacts
            self._state.create_contact(
                contact_id=contact_id,
                visible_after_seconds=self._rng.uniform(1, 290) if late else 0,
                error_until_visible=("ResourceNotFoundException", "InvalidRequestException")[number % 2],
            )
        others = "00000000-0000-4000-8000-0000000000ff"
        self._state.create_contact(contact_id=others)
        if rate := self._scenario.calls_of_others:
            parameters = {"InstanceId": INSTANCE_ID, "InitialContactId": others, "Attributes": {"a": "b"}}

            def call() -> None:
                for operation in ("UpdateContactAttributes", "UpdateContact"):
                    of_it = {"ContactId": others, "Name": "b", "InstanceId": INSTANCE_ID}
                    with contextlib.suppress(ConnectError):
                        self._state.perform(operation, parameters if operation.endswith("Attributes") else of_it)

            for number in range(int(rate * self._scenario.seconds * 2)):
                self._simulation.after(number / rate, call)

    def _plan_producers(self) -> None:
        endpoint: Any = None
        if self._scenario.through_endpoint:
            endpoint = self._code.load("api_function", _ENVIRONMENT, self._simulation.time_module())
        for update in self._updates.values():
            if self._rng.random() < self._scenario.through_endpoint and update.is_of_endpoint:
                call = functools.partial(self._call_endpoint, endpoint, update)
                self._simulation.after(update.at, functools.partial(self._simulation.start, call))
            else:
                self._simulation.after(update.at, functools.partial(self._send, update))

    def _send(self, update: Update) -> None:
        self.queue.send(update.message, update.group, f"direct-{update.number}")

    def _call_endpoint(self, endpoint: Any, update: Update) -> None:
        """Like a client with retries: repeat the call until it is answered with a 202."""
        for attempt in range(5):
            answer = endpoint(
                update.event(invocation_id=f"call-{update.number}", request_id=str(uuid.UUID(int=update.number))),
                Context(self._simulation.clock, 25),
            )
            if answer["statusCode"] == 202:
                self._confirmed.add(update.number)
                if self._rng.random() >= self._scenario.resent:
                    return
            self._simulation.sleep(2**attempt)

    def _connect(self, operation: str, parameters: dict[str, Any]) -> None:
        contact_id = str(parameters.get("InitialContactId") or parameters.get("ContactId"))
        if refusal := self._scenario.verdict(operation, parameters, self._simulation.clock() - _START):
            raise refusal
        try:
            self._state.perform(operation, parameters)
        except ConnectError as error:
            # Amazon Connect's texts may repeat what was sent.
            raise ServiceError(error.status, error.error_type, f"{error.message}: {json.dumps(parameters)}") from None
        self._newest_applied[contact_id, operation] = max(
            self._newest_applied[contact_id, operation], self._place_of(_newest_tag(parameters))
        )

    def _call_sqs(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._sqs.perform(operation, parameters)
        except SqsError as error:
            raise ServiceError(error.status, error.code, error.message) from None

    def _put_events(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        assert operation == "PutEvents"
        self._entries += parameters["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in parameters["Entries"]]}

    # -- what holds ---------------------------------------------------------------------------------------------------

    def _breaks(self, what: str, found: list[Any]) -> None:
        if found:
            named = ", ".join(str(one)[:_MAX_SHOWN] for one in found[:_MAX_NAMED])
            more = f" and {len(found) - _MAX_NAMED} more" if len(found) > _MAX_NAMED else ""
            self._result.broken.append(f"{what}: {named}{more}")

    def _about_to_be_deleted(self, message: Message) -> None:
        """Nothing is acknowledged before Amazon Connect or the dead-letter queue has it."""
        number = tag_of(message.body)
        update = self._updates[number]
        self._waited.setdefault(number, self._simulation.clock() - message.sent_at)
        kept = any(tag_of(letter.body) == number for letter in self.dead_letter_queue.accepted)
        applied = self._newest_applied[update.contact_id, update.operation] >= message.number
        if not (kept or (applied and not self._is_rejected(message))):
            self._breaks("acknowledged, but neither applied nor a dead letter", [f"update {number}"])

    def _place_of(self, number: int) -> int:
        for message in self.queue.accepted[len(self._places) :]:
            self._places.append(tag_of(message.body))
        return max(place for place, of in enumerate(self._places, start=1) if of == number)

    def _is_rejected(self, message: Message) -> bool:
        return self._scenario.is_rejected(self._updates[tag_of(message.body)], message.sent_at - _START)

    def _check_queue(self) -> None:
        left = [tag_of(message.body) for message in self.queue.messages]
        self._breaks(f"still in the queue after {self._scenario.hours:g} h", left)
        self._breaks("expired in the queue", [tag_of(message.body) for message in self.queue.expired])
        accepted = {tag_of(message.body) for message in self.queue.accepted}
        self._breaks("confirmed with 202, but never in the queue", sorted(self._confirmed - accepted))
        # Exactly one message for each call, however often it is retried within five minutes.
        twice = [number for number, count in Counter(tag_of(m.body) for m in self.queue.accepted).items() if count > 1]
        if self._scenario.redrive_at is None:
            self._breaks("in the queue more than once", twice)
        bound = self._scenario.prompt_seconds
        if bound is not None:
            slow = [
                f"update {number} after {seconds:.0f} s"
                for number, seconds in self._waited.items()
                if seconds > bound and not self._scenario.is_troubled(self._updates[number])
            ]
            self._breaks(f"not done within {bound:g} s, although its contact had no trouble", slow)

    def _check_contacts(self) -> None:
        """Each contact is as if its accepted updates, without the rejected ones, had been applied in order."""
        reference = AmazonConnect(rate=1e12, burst=10**9, clock=self._simulation.clock)
        reference.add_instance(INSTANCE_ARN)
        contact_ids = CONTACT_IDS[: self._scenario.contacts]
        for contact_id in contact_ids:
            reference.create_contact(contact_id=contact_id)
        for message in self.queue.accepted:
            if not self._is_rejected(message):
                update = self._updates[tag_of(message.body)]
                reference.perform(update.operation, update.parameters)
        wrong = []
        for number, contact_id in enumerate(contact_ids):
            got, expected = self._state.contact(contact_id), reference.contact(contact_id)
            if (got.attributes, got.details) != (expected.attributes, expected.details):
                differing = [
                    name
                    for ours, its in ((got.attributes, expected.attributes), (got.details, expected.details))
                    for name in sorted({*ours, *its})
                    if ours.get(name) != its.get(name)
                ]
                wrong.append(f"contact {number} in {' '.join(differing)}")
        if not self._scenario.may_be_stale:
            self._breaks("not as its updates in order make it", wrong)

    def _check_dead_letters(self) -> None:
        letters = Counter(tag_of(message.body) for message in self.dead_letter_queue.accepted)
        rejected = Counter(tag_of(message.body) for message in self.queue.accepted if self._is_rejected(message))
        self._breaks("must be rejected, but is not a dead letter", sorted(rejected.keys() - letters.keys()))
        self._breaks("a dead letter, but must not be rejected", sorted(letters.keys() - rejected.keys()))
        more = [f"update {number} ({letters[number]})" for number in letters if letters[number] > rejected[number] > 0]
        if self._scenario.dead_letters_once:
            self._breaks("a dead letter more than once", more)
        without = [
            tag_of(message.body)
            for message in self.dead_letter_queue.accepted
            if "rejection" not in json.loads(message.body)
        ]
        self._breaks("moved by SQS, without a reason", without)
        published = {json.loads(entry["Detail"])["updateId"] for entry in self._entries}
        own_ids = {
            f"update-{number}" for number in letters.keys() & rejected.keys() if self._updates[number].has_own_id
        }
        if self._scenario.publishes_all:
            self._breaks("a dead letter without an event", sorted(own_ids - published))

    def _check_rate(self) -> None:
        times = [when for service, when in self._network.arrivals if service == "connect"]
        most, first = 0, 0
        for position, now in enumerate(times):
            while now - times[first] >= _WINDOW_SECONDS - 1e-6:
                first += 1
            most = max(most, position + 1 - first)
        bound = self._scenario.rate_bound
        if bound is not None and most > bound:
            self._breaks("calls in two seconds", [f"{most} of {bound}"])

    def _check_texts(self, lines: list[str]) -> None:
        self._breaks("a value in the log", [line for line in lines if MARK in line])
        self._breaks("a value in an event", [entry for entry in self._entries if MARK in json.dumps(entry)])
        ids = [message.group + message.deduplication_id for message in self.dead_letter_queue.accepted]
        self._breaks("a value in a queue's attribute", [text for text in ids if MARK in text])
        self._breaks("a log line that is not JSON", [line for line in lines if not line.startswith("{")])


class _Lines:
    """Standard output, line by line."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def write(self, text: str) -> int:
        self._text.append(text)
        return len(text)

    def flush(self) -> None:
        pass

    @property
    def lines(self) -> list[str]:
        return "".join(self._text).splitlines()


def _newest_tag(parameters: dict[str, Any]) -> int:
    # In a merged call, these come from the newest update.
    text = parameters.get("Attributes", {}).get("last") or parameters.get("Name", "")
    return tag_of(text)
