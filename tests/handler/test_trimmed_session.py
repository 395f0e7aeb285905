"""For its own services, the handler's session has all hooks of a plain one."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.handlers import BUILTIN_HANDLERS

from contact_updates.trimmed_session import SERVICES, trimmed_session

KINDS = sorted({event.partition(".")[0] for event, *_ in BUILTIN_HANDLERS} - {"docs"})

OPERATIONS = {
    "connect": ["UpdateContact", "UpdateContactAttributes"],
    "eventbridge": ["PutEvents"],
    "sqs": ["ChangeMessageVisibilityBatch", "SendMessage"],
}


def hooks(session: botocore.session.Session, event: str) -> list[str]:
    """The hooks of `event`, in order."""
    emitter = session.get_component("event_emitter")._emitter
    return [getattr(hook, "__qualname__", repr(hook)) for hook in emitter._handlers.prefix_search(event)]


@pytest.mark.parametrize("service", OPERATIONS)
def test_hooks_of_the_handlers_services_are_those_of_a_plain_session(service: str) -> None:
    events = [f"{kind}.{service}.{operation}" for kind in KINDS for operation in OPERATIONS[service]]
    plain, ours = botocore.session.Session(), trimmed_session()

    expected = {event: hooks(plain, event) for event in events}
    assert {event: hooks(ours, event) for event in events} == expected
    assert any(expected.values())


def test_hooks_of_other_services_are_left_out() -> None:
    assert hooks(botocore.session.Session(), "before-parameter-build.s3.CreateBucket")
    assert hooks(trimmed_session(), "before-parameter-build.s3.CreateBucket") == hooks(
        trimmed_session(), "before-parameter-build"
    )


def test_services_have_the_names_that_events_have() -> None:
    session = trimmed_session()

    names = {
        session.create_client(service, region_name="us-east-1").meta.service_model.service_id.hyphenize()
        for service in SERVICES
    }
    assert names == set(OPERATIONS)
