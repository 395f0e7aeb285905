"""Calls start no faster than the pace allows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.faults import documented_error
from contact_updates.connect_target import ConnectTarget, Pacer
from contact_updates.update_message import parse_message, update_in
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, INSTANCE_ID
from tests.handler.queue_fakes import Clock, ConnectClient, client_error
from tests.handler.queue_rig import OTHER_CONTACT, Rig


@pytest.mark.parametrize("lasts", [0, 0.1, 0.285, 0.286, 3])
def test_calls_start_no_faster_than_the_pace_whether_they_succeed_or_not(lasts: float) -> None:
    rig = Rig(seconds_per_call=2 / 7, merge_updates=False)
    for number in range(10):
        rig.attributes({"a": str(number)}, OTHER_CONTACT if number % 2 else CONTACT_ID)
    starts: list[float] = []

    def trouble(_: str, parameters: dict[str, Any]) -> None:
        starts.append(rig.clock())
        rig.clock.advance(lasts)
        match len(starts) % 5:
            case 0:
                raise client_error(documented_error("InvalidParameterException"))
            case 1:
                # It is retried, as a call of its own.
                raise ReadTimeoutError(endpoint_url="https://example.com")

    rig.connect.trouble = trouble
    rig.deliver()
    # Only then is the execution free for the next batch.
    free_at = rig.clock()

    assert len(starts) > 10
    gaps = [later - earlier for earlier, later in zip(starts, [*starts[1:], free_at], strict=True)]
    assert min(gaps) >= 2 / 7 - 1e-6
    assert max(gaps) <= max(2 / 7, lasts) + 1e-6


def test_pacer_gives_its_time_to_a_call_that_raises() -> None:
    clock = Clock(100)
    pacer = Pacer(0.5, clock=clock, sleep=clock.advance)

    def call(seconds: float) -> None:
        clock.advance(seconds)
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        pacer(call, {"seconds": 0.25})

    assert clock() == 100.5


def test_retried_call_takes_its_time_twice() -> None:
    clock = Clock()
    state = AmazonConnect()
    state.add_instance(INSTANCE_ARN)
    state.create_contact(contact_id=CONTACT_ID)
    connect = ConnectClient(state)
    target = ConnectTarget(connect, pacer=Pacer(2, clock=clock, sleep=clock.advance))
    starts: list[float] = []

    def trouble(_: str, __: dict[str, Any]) -> None:
        starts.append(clock())
        if len(starts) == 1:
            raise ReadTimeoutError(endpoint_url="https://example.com")

    connect.trouble = trouble
    settings = Rig().settings
    fields = {
        "version": 1,
        "operation": "UpdateContact",
        "parameters": {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, "Name": "N"},
    }
    update = update_in(parse_message(json.dumps(fields)), settings.instance)
    begun = clock()
    result = target.apply(update, lambda: 100)

    assert result.trace.attempts == 2
    assert starts == [begun, begun + 2]
    assert clock() == begun + 4
