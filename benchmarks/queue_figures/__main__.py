"""Figures of the queue under bursts: calls to Amazon Connect, time to drain, throttles.

    make queue-figures                                  writes docs/queue-figures.md and docs/queue-figures.svg anew
    PYTHONPATH=lambda python -m benchmarks.queue_figures    prints the table

The function is the real one. The queue, Lambda, Amazon Connect and the time are the models of tests/attack. Exits 1 if
a contact does not end as it should, a dead letter is found, or the queue makes more calls than it promises.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import math
import os
import random
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.arguments import positive
from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from contact_updates.connect_target import ConnectTarget
from contact_updates.consumer.received import Received, groups_of
from contact_updates.consumer.visibility import Visibility, backoff_seconds
from contact_updates.contract import operations
from contact_updates.outcome import UpdateError
from contact_updates.settings import Instance
from contact_updates.update import checked_update
from contact_updates.update_message import message_group_id, write_message
from tests.attack.event_source import Context, EventSource, Handler
from tests.attack.handler_code import HandlerCode
from tests.attack.network import Network, ServiceError
from tests.attack.virtual_time import Simulation
from tests.sqs_fifo import MAX_BATCH, FifoQueue, Sqs

OPERATION = next(operation for operation in operations() if operation.name == "UpdateContactAttributes")
DEFAULT_UPDATES = (1_000, 5_000, 20_000)
UPDATES_PER_CONTACT = (100, 10, 1)
ARRIVALS_PER_SECOND = 500

EXECUTIONS = 2
FUNCTION_SECONDS = 45.0

CALL_SECONDS = 0.05
QUOTA_RATE, QUOTA_BURST = 10.0, 15

# What the queue promises.
WINDOW_SECONDS = 2
MAX_CALLS_IN_WINDOW = 14
MAX_CALLS_PER_UPDATE_AT_TEN = 0.2

INSTANCE = Instance("arn:aws:connect:us-east-1:111122223333:instance/11111111-2222-4333-8444-555555555555")
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/updates.fifo"
DEAD_LETTER_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/rejected.fifo"
# The default of 7 updates a second with 2 executions.
SECONDS_PER_CALL = 0.3

HANDLER_CODE = HandlerCode()


class SqsClient:
    """A client of SQS, for the naive consumer."""

    def __init__(self, sqs: Sqs) -> None:
        self._sqs = sqs

    def change_message_visibility_batch(self, **parameters: Any) -> dict[str, Any]:
        """SQS's operation of this name."""
        return self._sqs.perform("ChangeMessageVisibilityBatch", parameters)


class MeasuredConnect:
    """The local Amazon Connect, with the time that a call takes; remembers when it was called."""

    def __init__(self, simulation: Simulation) -> None:
        self.call_times: list[float] = []
        self.throttled = 0
        self._simulation = simulation
        self._state = AmazonConnect(rate=QUOTA_RATE, burst=QUOTA_BURST, clock=simulation.clock)
        self._state.add_instance(INSTANCE.arn)

    def create_contact(self, contact_id: str) -> None:
        """Let the contact exist, without attributes."""
        self._state.create_contact(contact_id=contact_id)

    def perform(self, operation: str, parameters: dict[str, Any]) -> None:
        """Take a call that arrives. Raises ServiceError."""
        self.call_times.append(self._simulation.clock())
        try:
            self._state.perform(operation, parameters)
        except ConnectError as error:
            self.throttled += error.error_type == "ThrottlingException"
            raise ServiceError(error.status, error.error_type, error.message) from None

    def update_contact_attributes(self, **parameters: Any) -> dict[str, Any]:
        """Botocore's method of this name."""
        return self._call("UpdateContactAttributes", parameters)

    def update_contact(self, **parameters: Any) -> dict[str, Any]:
        """Botocore's method of this name."""
        return self._call("UpdateContact", parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        failure = None
        try:
            self.perform(operation, parameters)
        except ServiceError as error:
            failure = error
        self._simulation.sleep(CALL_SECONDS)
        if failure is None:
            return {"ResponseMetadata": {"RequestId": "simulated", "HTTPStatusCode": 200}}
        raise ClientError(
            {
                "Error": {"Code": str(failure.error_type), "Message": failure.message},
                "ResponseMetadata": {"HTTPStatusCode": failure.status},
            },
            operation,
        )

    def attributes(self, contact_ids: Sequence[str]) -> Iterator[dict[str, str]]:
        """The attributes of each contact, whatever the quota."""
        self._state.set_quota(rate=1, burst=len(contact_ids))
        for contact_id in contact_ids:
            parameters = {"InstanceId": INSTANCE.id, "InitialContactId": contact_id}
            answer = self._state.perform("GetContactAttributes", parameters)
            assert answer is not None
            yield answer["Attributes"]


class NaiveConsumer:
    """One call for each message, as fast as it can. What was throttled goes back, as the real consumer lets it."""

    def __init__(self, connect: ConnectTarget, visibility: Visibility) -> None:
        self._connect = connect
        self._visibility = visibility

    def __call__(self, event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
        waiting: list[tuple[Received, int]] = []
        for group in groups_of(event["Records"], INSTANCE):
            for position, message in enumerate(group):
                assert message.update is not None
                try:
                    self._connect.apply(message.update, lambda: 0)
                except UpdateError:
                    # The contact's later updates must not overtake it.
                    waiting += [(later, backoff_seconds(message.receive_count)) for later in group[position:]]
                    break
        if waiting:
            self._visibility.set(waiting)
        return {"batchItemFailures": [{"itemIdentifier": message.id} for message, _ in waiting]}


MakeHandler = Callable[[Simulation, MeasuredConnect, Sqs], Handler]


def real_consumer(simulation: Simulation, connect: MeasuredConnect, sqs: Sqs) -> Handler:
    """The function behind the queue, whole: botocore's requests are answered by the simulation."""
    environment = {
        "INSTANCE_ARN": INSTANCE.arn,
        "QUEUE_URL": QUEUE_URL,
        "DEAD_LETTER_QUEUE_URL": DEAD_LETTER_QUEUE_URL,
        "SECONDS_PER_CALL": str(SECONDS_PER_CALL),
    }
    handler: Handler = HANDLER_CODE.load("queue_function", environment, simulation.time_module())
    return handler


def naive_consumer(simulation: Simulation, connect: MeasuredConnect, sqs: Sqs) -> Handler:
    """What the real one is compared with."""
    return NaiveConsumer(ConnectTarget(connect), Visibility(SqsClient(sqs), QUEUE_URL))


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one consumer made of one burst."""

    calls: int
    throttled: int
    drained_seconds: float
    most_calls_in_window: int
    wrong_contacts: int
    dead_letters: int
    left_in_queue: int


def simulate(make_handler: MakeHandler, updates: int, contacts: int) -> Figures:
    """Let a burst of updates arrive, round robin over the contacts, and a consumer work it off."""
    simulation = Simulation()
    queue = FifoQueue(QUEUE_URL, simulation.clock, visibility_seconds=6 * FUNCTION_SECONDS)
    dead_letter_queue = FifoQueue(DEAD_LETTER_QUEUE_URL, simulation.clock)
    connect, sqs = MeasuredConnect(simulation), Sqs(queue, dead_letter_queue)
    network = Network(
        simulation,
        {"connect": connect.perform, "queue": sqs.perform, "dead letters": sqs.perform},
        dead_letter_queue_url=DEAD_LETTER_QUEUE_URL,
        rng=random.Random(0),  # noqa: S311 - a run is to be repeatable
        answer_seconds=(CALL_SECONDS, CALL_SECONDS),
    )
    EventSource(
        simulation,
        queue,
        functools.partial(make_handler, simulation, connect, sqs),
        maximum_concurrency=EXECUTIONS,
        function_seconds=FUNCTION_SECONDS,
    )

    expected: dict[str, dict[str, str]] = {str(uuid.UUID(int=number)): {} for number in range(contacts)}
    for contact_id in expected:
        connect.create_contact(contact_id)
    for number, contact_id in zip(range(updates), itertools.cycle(expected), strict=False):
        attributes = {"last": str(number), f"key{number // contacts % 7}": str(number)}
        expected[contact_id].update(attributes)
        update = checked_update(
            OPERATION,
            {"InstanceId": INSTANCE.id, "InitialContactId": contact_id, "Attributes": attributes},
            INSTANCE,
        )
        body = write_message(update, update_id=str(number), request_id=None)
        add = functools.partial(queue.send, body, message_group_id(contact_id), str(number))
        simulation.after(number / ARRIVALS_PER_SECOND, add)

    # The handler's log lines are no part of the output.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), network.in_place():
        simulation.run()

    found = connect.attributes(list(expected))
    return Figures(
        calls=len(connect.call_times),
        throttled=connect.throttled,
        drained_seconds=queue.emptied_at,
        most_calls_in_window=most_in_window(connect.call_times, WINDOW_SECONDS),
        wrong_contacts=sum(map(dict.__ne__, found, expected.values())),
        dead_letters=len(dead_letter_queue),
        left_in_queue=len(queue),
    )


def most_in_window(times: Sequence[float], seconds: int) -> int:
    """The most of the times, which are in order, in any window of the length that has its beginning but not its end."""
    # In whole microseconds, so that sums of fractions do not decide what is in.
    microseconds = [round(time * 1_000_000) for time in times]
    first, most = 0, 0
    for position, now in enumerate(microseconds):
        while now - microseconds[first] >= seconds * 1_000_000:
            first += 1
        most = max(most, position + 1 - first)
    return most


@dataclass(frozen=True, kw_only=True)
class Case:
    """One burst, with both consumers."""

    updates: int
    contacts: int
    ours: Figures
    naive: Figures

    @property
    def limit_seconds(self) -> float:
        """The time of one call for each contact, at the quota."""
        return self.contacts / QUOTA_RATE

    @property
    def broken_promises(self) -> list[str]:
        """What is not as it should be."""
        calls_per_update = self.ours.calls / self.updates
        broken = [
            f"{name}: {count} {what}"
            for name, figures in (("queue", self.ours), ("naive", self.naive))
            for count, what in (
                (figures.wrong_contacts, "contacts end with wrong attributes"),
                (figures.dead_letters, "dead letters"),
                (figures.left_in_queue, "messages are left in the queue"),
            )
            if count
        ]
        if self.ours.most_calls_in_window > MAX_CALLS_IN_WINDOW:
            broken.append(f"{self.ours.most_calls_in_window} calls in {WINDOW_SECONDS} s")
        if self.updates == 10 * self.contacts and calls_per_update > MAX_CALLS_PER_UPDATE_AT_TEN:
            broken.append(f"{calls_per_update:.3f} calls for each update")
        if self.ours.calls > self.naive.calls:
            broken.append(f"{self.ours.calls} calls, the naive consumer {self.naive.calls}")
        return [f"{self.updates} updates of {self.contacts} contacts: {text}" for text in broken]


def run_case(updates: int, contacts: int) -> Case:
    """One burst, with both consumers."""
    return Case(
        updates=updates,
        contacts=contacts,
        ours=simulate(real_consumer, updates, contacts),
        naive=simulate(naive_consumer, updates, contacts),
    )


HEADINGS = (
    "Updates",
    "Contacts",
    "Calls per update",
    "naive",
    "Seconds to drain",
    "naive",
    "limit",
    "Throttled calls",
    "naive",
    f"Most calls in {WINDOW_SECONDS} s",
    "naive",
)


def table(cases: Sequence[Case]) -> str:
    """The figures in Markdown."""
    rows = [
        (
            f"{case.updates:,}",
            f"{case.contacts:,}",
            f"{case.ours.calls / case.updates:.2f}",
            f"{case.naive.calls / case.updates:.2f}",
            seconds_text(case.ours.drained_seconds),
            seconds_text(case.naive.drained_seconds),
            seconds_text(case.limit_seconds),
            f"{case.ours.throttled:,}",
            f"{case.naive.throttled:,}",
            f"{case.ours.most_calls_in_window}",
            f"{case.naive.most_calls_in_window}",
        )
        for case in cases
    ]
    lines = [HEADINGS, ("---:",) * len(HEADINGS), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def seconds_text(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.1f}"


def document(cases: Sequence[Case], command: str) -> str:
    """docs/queue-figures.md."""
    return f"""# Figures of the queue

Bursts of attribute updates that arrive at {ARRIVALS_PER_SECOND} a second, round robin over the contacts, with the queue
at its defaults: {EXECUTIONS} executions, {SECONDS_PER_CALL} seconds for each call.

{table(cases)}
*Naive* is a consumer of the same queue that makes one call for each message, unpaced; what is throttled goes back for
the same time as with the real one, and holds up its contact's later updates. Contacts with many updates wait most of
the time. *Limit* is one call for each contact at {QUOTA_RATE:.0f} a second, the quota, even if the updates take longer
than that to arrive.

The queue stays below the quota to leave room for others. So where there is nothing to merge, a consumer that keeps
running into the quota can be faster, at the price of its throttled calls.

![Seconds to drain a burst, on a logarithmic scale](queue-figures.svg)

The function behind the queue is the real one, `contact_updates.queue_function` with its botocore; only the clock and
the answers to its HTTP requests are not. SQS FIFO, Lambda's event source and Amazon Connect are the models that
`make attack` uses, too: batches of up to {MAX_BATCH} that begin with the oldest message's contact, no contact in two of
them at once; calls that take {CALL_SECONDS * 1000:.0f} ms; a quota of {QUOTA_RATE:.0f} calls a second with bursts of
{QUOTA_BURST}. Polling and invoking take no time. Nothing of this was measured in AWS.

At the end of each run every contact has the attributes that its updates in their order give it, and the dead-letter
queue is empty. To write this page anew:

```sh
{command}
```
"""


BARS = (("queue", "#1b6ca8"), ("naive", "#d9822b"), ("limit", "#8a939b"))
BAR_WIDTH, GROUP_WIDTH = 30, 108
LEFT, TOP, PLOT_HEIGHT, BELOW = 64, 76, 320, 64


def picture(cases: Sequence[Case]) -> str:
    """docs/queue-figures.svg: the seconds to drain, in grouped bars on a logarithmic scale."""
    groups = [(case.ours.drained_seconds, case.naive.drained_seconds, case.limit_seconds) for case in cases]
    lowest = math.ceil(math.log10(min(map(min, groups)))) - 1
    highest = math.ceil(math.log10(max(map(max, groups))))
    right, bottom = LEFT + GROUP_WIDTH * len(cases), TOP + PLOT_HEIGHT
    width, height = right + 24, bottom + BELOW

    def y(seconds: float) -> float:
        return bottom - PLOT_HEIGHT * (math.log10(seconds) - lowest) / (highest - lowest)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#24292f">',
        "<title>Seconds to drain a burst of updates</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="28" font-size="16" font-weight="600">Seconds to drain a burst (logarithmic scale)</text>',
    ]
    for number, (name, colour) in enumerate(BARS):
        x = LEFT + 84 * number
        parts.append(f'<rect x="{x}" y="42" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="52">{name}</text>')
    for power in range(lowest, highest + 1):
        line = y(10.0**power)
        parts.append(f'<line x1="{LEFT}" y1="{line:.1f}" x2="{right}" y2="{line:.1f}" stroke="#d8dee4"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{line + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    for number, (case, group) in enumerate(zip(cases, groups, strict=True)):
        middle = LEFT + GROUP_WIDTH * (number + 0.5)
        for position, (seconds, (_, colour)) in enumerate(zip(group, BARS, strict=True)):
            left, top = middle + BAR_WIDTH * (position - 1.5), y(seconds)
            parts.append(
                f'<rect x="{left + 1:.1f}" y="{top:.1f}" width="{BAR_WIDTH - 2}" height="{bottom - top:.1f}" '
                f'fill="{colour}"/>'
            )
            parts.append(
                f'<text x="{left + BAR_WIDTH / 2:.1f}" y="{top - 4:.1f}" font-size="10" text-anchor="middle">'
                f"{seconds_text(seconds)}</text>"
            )
        for row, text in enumerate((f"{case.updates:,} updates", f"{case.contacts:,} contacts")):
            parts.append(f'<text x="{middle:.1f}" y="{bottom + 20 + 16 * row}" text-anchor="middle">{text}</text>')
    parts.append(f'<line x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}" stroke="#57606a"/>')
    return "\n".join([*parts, "</svg>\n"])


def main() -> int:
    """Run the bursts; the exit code."""
    summary, _, usage = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.queue_figures",
        description=summary,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--updates",
        type=positive,
        nargs="+",
        default=list(DEFAULT_UPDATES),
        metavar="N",
        help=f"sizes of the bursts (default: {' '.join(map(str, DEFAULT_UPDATES))}); each is run with 100, 10 and 1 "
        "updates for each contact",
    )
    parser.add_argument("--output-dir", type=Path, help="where queue-figures.md and queue-figures.svg are written")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        # One thread runs at a time, and each change from one to another is faster on one processor.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    cases = [
        run_case(updates, max(1, updates // updates_per_contact))
        for updates in arguments.updates
        for updates_per_contact in UPDATES_PER_CONTACT
    ]
    print(table(cases), end="")
    broken = [text for case in cases for text in case.broken_promises]
    for text in broken:
        print(f"not as promised: {text}", file=sys.stderr)
    # The page says that all is as promised.
    if arguments.output_dir and not broken:
        arguments.output_dir.mkdir(parents=True, exist_ok=True)
        command = " ".join(["PYTHONPATH=lambda python -m benchmarks.queue_figures", *sys.argv[1:]])
        (arguments.output_dir / "queue-figures.md").write_text(document(cases, command), encoding="utf-8")
        (arguments.output_dir / "queue-figures.svg").write_text(picture(cases), encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
