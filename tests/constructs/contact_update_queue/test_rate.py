"""How often the consumer calls Amazon Connect."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from aws_cdk import CfnParameter
from aws_cdk.assertions import Template

from connect_constructs.contact_update_queue import _seconds_per_call
from tests.constructs.contact_update_queue.queue_stacks import environment_of, new_queue, properties_of
from tests.constructs.stacks import new_stack


def most_calls_in_two_seconds(
    seconds_per_call: Fraction, max_concurrency: int, jitter: Fraction = Fraction("0.1")
) -> int:
    """The most calls that can arrive within any two seconds, if each execution starts its calls as early as it may.

    `jitter` is how many seconds longer one call takes to arrive than another: an execution's first call in the window
    can have started that long before it.
    """
    return math.ceil((2 + jitter) / seconds_per_call) * max_concurrency


RATES = [1, 1.0, 1.01, 1.5, 1.999, 2, 2.4, 3, 5, 6.9, 7, 7.5, 9.99, 10, 10.01, 10.5, 11, 13, 15.1, 17, 20, 33.3, 49]


MORE_RATES = [50, 99.9, 100, 123.4, 501, 999.99, 1000, 2499, 3333.3, 4999, 4999.5, 5000]


def test_executions_never_exceed_the_rate() -> None:
    # Given
    stack = new_stack()
    # The queues of all rates exceed CloudFormation's limit of resources in a stack.
    stack.node.set_context("@aws-cdk/core:stackResourceLimit", 0)
    rates = [*RATES, *MORE_RATES]
    queues = [new_queue(stack, f"Updates{index}", updates_per_second=rate) for index, rate in enumerate(rates)]

    # Then
    template = Template.from_stack(stack)
    for rate, queue in zip(rates, queues, strict=True):
        seconds = Fraction(environment_of(stack, template, queue.function)["SECONDS_PER_CALL"])
        source = properties_of(stack, template, queue.event_source)
        # AWS Lambda's limits
        assert 2 <= queue.max_concurrency <= 1_000, rate
        assert source["ScalingConfig"] == {"MaximumConcurrency": queue.max_concurrency}
        assert most_calls_in_two_seconds(seconds, queue.max_concurrency) <= 2 * rate, rate
        # A call may take 200 ms without lowering the rate.
        assert seconds >= Fraction("0.2"), rate


@pytest.mark.parametrize("fraction", [0, 0.001, 1 / 3, 0.5, 0.999])
def test_seconds_per_call_keep_to_any_rate(fraction: float) -> None:
    for whole in range(1, 5_001):
        rate = min(whole + fraction, 5_000)
        # All numbers of executions that leave each of them at least one call in two seconds
        for executions in {2, math.ceil(rate / 5), math.floor(2 * rate)}:
            if 2 <= executions <= 2 * rate:
                seconds = Fraction(str(_seconds_per_call(rate, executions)))
                assert most_calls_in_two_seconds(seconds, executions) <= 2 * rate, (rate, executions)


def test_more_jitter_adds_as_many_calls_as_documented() -> None:
    # docs/queue.md: one more call of each execution for each further SECONDS_PER_CALL, or part of it.
    assert [most_calls_in_two_seconds(Fraction("0.3"), 2, Fraction(jitter)) for jitter in ("0.1", "0.4", "0.5")] == [
        14,
        16,
        18,
    ]


def test_most_of_the_rate_is_used_at_whole_rates() -> None:
    for rate in range(1, 5_001):
        executions = max(2, math.ceil(rate / 5))
        assert executions / _seconds_per_call(rate, executions) >= 0.85 * rate, rate


@pytest.mark.parametrize(
    ("rate", "error"),
    [
        *((rate, ValueError) for rate in (0, -1, 0.5, 0.999, 5_000.1, 5_001, math.nan, math.inf)),
        *((rate, TypeError) for rate in (True, "x", "7")),
    ],
)
def test_rejects_rate_out_of_its_range(rate: Any, error: type[Exception]) -> None:
    stack = new_stack()

    message = f"updates_per_second: expected a number from 1 to 5000, known at synthesis, got {rate!r}"
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        new_queue(stack, updates_per_second=rate)
    # No construct is left behind.
    assert stack.node.try_find_child("Updates") is None


def test_rejects_rate_that_is_a_token() -> None:
    stack = new_stack()
    rate = CfnParameter(stack, "Rate", type="Number").value_as_number

    with pytest.raises(ValueError, match=r"^updates_per_second: expected .*, known at synthesis, got "):
        new_queue(stack, updates_per_second=rate)
