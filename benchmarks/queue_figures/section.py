"""The queue's section of docs/performance.md, and the data of its picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.queue_figures.case import Case
from benchmarks.queue_figures.simulation import (
    ARRIVALS_PER_SECOND,
    CALL_SECONDS,
    EXECUTIONS,
    QUOTA_BURST,
    QUOTA_RATE,
    SECONDS_PER_CALL,
    WINDOW_SECONDS,
)
from tests.sqs_fifo import MAX_BATCH

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
    """The figures as a Markdown table."""
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


def section(cases: Sequence[Case]) -> str:
    """The section `queue-figures` of docs/performance.md, in Markdown."""
    return f"""\
In each burst, attribute updates arrive at {ARRIVALS_PER_SECOND} a second, round robin over the contacts. The queue has
its defaults: {EXECUTIONS} executions, and {SECONDS_PER_CALL} seconds for each call. Each column *naive* belongs to the
column before it.

{table(cases)}
*Naive* is a consumer of the same queue that makes one unpaced call for each message. A throttled update returns to the
queue for the same time as with the real consumer and blocks its contact's later updates, so contacts with many updates
spend most of the time waiting. *Limit* is the time for one call for each contact, at the quota of {QUOTA_RATE:.0f} a
second, even if the updates take longer than that to arrive.

The queue stays below the quota to leave room for other callers. So if there is nothing to merge, a consumer that keeps
hitting the quota can be faster, at the cost of its throttled calls.

![Seconds to drain a burst, on a logarithmic scale](queue-figures.svg)

The function behind the queue is the real one, `contact_updates.queue_function` with its botocore. Only the clock and
the answers to its HTTP requests are simulated. SQS FIFO, Lambda's event source and Amazon Connect are the same models
that `make attack` uses: batches of up to {MAX_BATCH} that begin with the oldest message's contact, never two batches
with the same contact at once; calls that take {CALL_SECONDS * 1000:.0f} ms; a quota of {QUOTA_RATE:.0f} calls a second
with bursts of {QUOTA_BURST}. Polling and invoking take no time. None of this was measured in AWS.

At the end of each run, every contact has the attributes that result from its updates in order, and the dead-letter
queue is empty.
"""


def bars(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The data for benchmarks.queue_figures.picture."""
    bursts = []
    for case in cases:
        seconds = {"queue": case.ours.drained_seconds, "naive": case.naive.drained_seconds, "limit": case.limit_seconds}
        bursts.append(
            {
                "name": f"{case.updates:,} updates\n{case.contacts:,} contacts",
                "seconds": seconds,
                "labels": {name: seconds_text(value) for name, value in seconds.items()},
            }
        )
    return bursts
