"""The handler's own work for one update, in function calls: unlike a time, it is the same on every machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contact_updates.endpoint.endpoint import Endpoint
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID, Event, attributes_event, contact_event, send

# The handler itself, and the JSON part of the standard library.
OWN_CODE = (str(Path(__file__).resolve().parents[3] / "lambda"), str(Path(json.__file__).parent))

MAX_BYTES = 32_768


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, connect: Connect) -> Endpoint:
    endpoint = endpoint_at(connect.url)
    # The first request compiles patterns.
    for event in (many_attributes(1), references(1)):
        send(endpoint, event)
    connect.reset()
    return endpoint


def own_calls(endpoint: Endpoint, event: Event) -> int:
    """How many functions the handler's own code calls to apply `event`. botocore's calls do not count."""
    count = 0

    def note(frame: Any, kind: str, _: Any) -> None:
        nonlocal count
        if kind in {"call", "c_call"} and frame.f_code.co_filename.startswith(OWN_CODE):
            count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        outcome = send(endpoint, event)
    finally:
        sys.setprofile(before)
    assert outcome.status == 200
    return count


def attributes(values: dict[str, str]) -> Event:
    return attributes_event({"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": values})


def many_attributes(number: int) -> Event:
    """`number` attributes, each of 64 bytes including its key."""
    return attributes({f"key{position:05}": "v" * 56 for position in range(number)})


def references(number: int) -> Event:
    return contact_event({"References": {f"r{position}": {"Type": "URL", "Value": "v"} for position in range(number)}})


def test_a_typical_update_takes_few_calls_and_one_of_amazon_connects(endpoint: Endpoint, connect: Connect) -> None:
    assert own_calls(endpoint, many_attributes(5)) < 300
    assert connect.calls == 1


@pytest.mark.parametrize("event_of", [many_attributes, references])
def test_work_grows_linearly_with_the_update(endpoint: Endpoint, event_of: Callable[[int], Event]) -> None:
    first, second, third = (own_calls(endpoint, event_of(number)) for number in (100, 200, 400))

    assert third - second == 2 * (second - first)


def test_the_largest_update_takes_a_few_calls_for_each_attribute(endpoint: Endpoint) -> None:
    number = MAX_BYTES // 64

    assert own_calls(endpoint, many_attributes(number)) < 30 * number


def test_a_long_value_takes_no_more_calls_than_a_short_one(endpoint: Endpoint) -> None:
    short, long = (own_calls(endpoint, attributes({"key": "v" * size})) for size in (10, MAX_BYTES - 10))

    assert long == short
