"""The metrics that CloudWatch makes of the log lines: what is counted, how often, and by what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connect_constructs.local.faults import BARE_THROTTLE, TOO_MANY_REQUESTS, ErrorAnswer, Garbage, documented_error
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.log_line import METRICS, NAMESPACE
from contact_updates.settings import EndpointSettings, Instance
from tests.handler.conftest import Connect, EndpointAt
from tests.handler.emf import Series, extracted
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, attributes_event, called_by, contact_event, send
from tests.handler.queue_fakes import READ_TIMEOUT, Delivery, TimedContext, client_error, invoke, raises
from tests.handler.queue_rig import OTHER_CONTACT, Rig
from tests.sqs_fifo import DAY

# A word that nothing else says.
SECRET = "zq7canary7qz"

ATTRIBUTES, CONTACT = "UpdateContactAttributes", "UpdateContact"
BY_FUNCTION = (("function", "unknown"),)


def by_outcome(operation: str, outcome: str) -> tuple[tuple[str, str], ...]:
    return *BY_FUNCTION, ("operation", operation), ("outcome", outcome)


def counted(operation: str, outcome: str) -> dict[Series, list[float]]:
    """An update, as each line of one counts it."""
    return {("Updates", BY_FUNCTION): [1], ("Updates", by_outcome(operation, outcome)): [1]}


def lines(delivery: Delivery) -> list[dict[Series, list[float]]]:
    return [extracted(line) for line in delivery.printed.splitlines() if '"_aws"' in line]


def totals(*deliveries: Delivery) -> dict[str, float]:
    """The sum of each metric by function; of the latencies, the number."""
    found: dict[str, float] = {}
    for delivery in deliveries:
        for line in lines(delivery):
            for (name, dimensions), values in line.items():
                if dimensions == BY_FUNCTION:
                    found[name] = found.get(name, 0) + (len(values) if name == "ConnectLatency" else sum(values))
    return found


# -- the endpoint -----------------------------------------------------------------------------------------------------


@pytest.fixture
def endpoint(endpoint_at: EndpointAt, connect: Connect) -> Endpoint:
    return endpoint_at(connect.url)


def test_applied_update_is_counted_with_the_latency_of_its_call(endpoint: Endpoint) -> None:
    outcome = send(endpoint, attributes_event())

    found = extracted(outcome.line)
    (latency,) = found.pop(("ConnectLatency", BY_FUNCTION))
    assert 0 < latency <= outcome.log["durationMs"]
    assert found == counted(ATTRIBUTES, "Updated")
    assert json.loads(outcome.line)["_aws"]["CloudWatchMetrics"][0]["Namespace"] == NAMESPACE == "ConnectConstructs"


@pytest.mark.parametrize(
    ("fault", "outcome", "calls", "more"),
    [
        (documented_error("ThrottlingException"), "ThrottlingException", 1, {"Throttles": 1}),
        (TOO_MANY_REQUESTS, "ThrottlingException", 1, {"Throttles": 1}),
        (BARE_THROTTLE, "ThrottlingException", 1, {"Throttles": 1}),
        (documented_error("AccessDeniedException"), "InternalServiceException", 1, {"AccessDenied": 1}),
        (ErrorAnswer(403, "ExpiredTokenException"), "InternalServiceException", 1, {"AccessDenied": 1}),
        (documented_error("InternalServiceException"), "InternalServiceException", 2, {}),
        (Garbage(), "InternalServiceException", 2, {}),
        (documented_error("ConflictException"), "ConflictException", 1, {}),
        (documented_error("InvalidParameterException"), "InvalidParameterException", 1, {}),
        (documented_error("ResourceNotFoundException"), "ResourceNotFoundException", 1, {}),
    ],
)
def test_each_error_of_amazon_connect_is_counted_with_its_calls(
    endpoint: Endpoint, connect: Connect, fault: Any, outcome: str, calls: int, more: dict[str, int]
) -> None:
    connect.inject(fault, calls=2)

    found = extracted(send(endpoint, contact_event()).line)

    assert len(found.pop(("ConnectLatency", BY_FUNCTION))) == calls
    assert found == counted(CONTACT, outcome) | {(name, BY_FUNCTION): [value] for name, value in more.items()}


def test_unexpected_exception_is_counted_with_its_call(rig: Rig) -> None:
    rig.connect.trouble = raises(ValueError(SECRET))
    endpoint = Endpoint(EndpointSettings(instance=Instance(INSTANCE_ARN)), rig.target)

    found = extracted(send(endpoint, contact_event()).line)

    assert found.pop(("ConnectLatency", BY_FUNCTION)) == [0]
    assert found == counted(CONTACT, "InternalServiceException")


def test_refusal_without_a_call_has_no_latency(endpoint: Endpoint) -> None:
    assert extracted(send(endpoint, contact_event({"Name": 5})).line) == counted(CONTACT, "InvalidRequestException")


def test_request_without_an_operation_is_counted_by_function_only(endpoint: Endpoint) -> None:
    # Each dimension needs a value (Amazon CloudWatch User Guide, "Specification: Embedded metric format").
    event = {**contact_event(), "resource": "/elsewhere"}

    assert extracted(send(endpoint, event).line) == {("Updates", BY_FUNCTION): [1]}


def test_accepted_update_is_counted_without_a_latency(rig: Rig) -> None:
    # Amazon SQS has taken it; Amazon Connect was not called.
    assert extracted(send(rig.endpoint(), attributes_event()).line) == counted(ATTRIBUTES, "Accepted")


def test_neither_values_nor_ids_nor_callers_are_metrics_or_dimensions(endpoint: Endpoint, connect: Connect) -> None:
    connect.inject(ErrorAnswer(400, SECRET, SECRET))
    identity = {"userArn": SECRET, "apiKeyId": SECRET, "cognitoIdentityId": SECRET}
    event = called_by(contact_event({"Name": SECRET, "Description": SECRET}), identity, {"principalId": SECRET})

    for _ in range(2):
        line = send(endpoint, event).line
        assert SECRET in line  # the caller, in the fields for people
        emf = json.loads(line)["_aws"]
        assert not {SECRET, CONTACT_ID} & set(json.dumps(emf).replace('"', " ").split())
        for (name, dimensions), values in extracted(line).items():
            assert name in METRICS
            assert SECRET not in str(dimensions) + str(values)
            assert CONTACT_ID not in str(dimensions) + str(values)


# -- the consumer -----------------------------------------------------------------------------------------------------


def test_merged_updates_share_one_call_and_are_counted_each(rig: Rig) -> None:
    for number in range(3):
        rig.attributes({"a": f"{number}"})
    rig.details({"Name": "N"})

    delivery = rig.deliver()

    attributes, contact = counted(ATTRIBUTES, "Updated"), counted(CONTACT, "Updated")
    call: dict[Series, list[float]] = {("ConnectLatency", BY_FUNCTION): [0]}
    merged: dict[Series, list[float]] = {("MergedUpdates", BY_FUNCTION): [1]}
    assert lines(delivery) == [attributes | call, attributes | merged, attributes | merged, contact | call]
    # So the calls are the applied updates less the merged ones.
    assert totals(delivery) == {"Updates": 4, "MergedUpdates": 2, "ConnectLatency": 2}


def test_latency_leaves_out_the_pause_that_keeps_the_rate() -> None:
    rig = Rig(seconds_per_call=0.3)
    rig.connect.trouble = lambda *_: rig.clock.advance(0.2)
    rig.attributes({"a": "1"})

    delivery = rig.deliver()

    assert lines(delivery)[0]["ConnectLatency", BY_FUNCTION] == [pytest.approx(200, abs=0.1)]
    assert rig.clock.now == pytest.approx(1_800_000_000.3)


def test_throttled_call_is_counted_once_and_each_update_that_waits(rig: Rig) -> None:
    for number in range(3):
        rig.attributes({"a": f"{number}"})
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))

    delivery = rig.deliver()

    assert totals(delivery) == {"Updates": 3, "HeldUpAttempts": 3, "Throttles": 1, "ConnectLatency": 1}
    assert ("Updates", by_outcome(ATTRIBUTES, "HeldUp")) in lines(delivery)[2]


@pytest.mark.parametrize(
    ("error", "denied"),
    [
        (client_error(documented_error("AccessDeniedException")), 1),
        (client_error(ErrorAnswer(403, "UnrecognizedClientException")), 1),
        (client_error(documented_error("ConflictException")), 0),
        (READ_TIMEOUT, 0),
    ],
)
def test_updates_held_up_because_access_is_denied_are_counted(rig: Rig, error: Exception, denied: int) -> None:
    rig.attributes({"a": "1"})
    rig.fail_for(CONTACT_ID, error)

    assert totals(rig.deliver()).get("AccessDenied", 0) == denied


@pytest.mark.parametrize(
    ("error", "denied"),
    [
        (client_error(ErrorAnswer(403, "AccessDenied"), "SendMessage"), 1),
        (client_error(ErrorAnswer(400, "KMS.AccessDeniedException"), "SendMessage"), 1),
        (client_error(ErrorAnswer(400, "KMS.DisabledException"), "SendMessage"), 0),
        (READ_TIMEOUT, 0),
    ],
)
def test_denied_access_to_the_dead_letter_queue_counts_as_well(rig: Rig, error: Exception, denied: int) -> None:
    rig.body("nonsense")
    rig.attributes({"a": "1"})
    rig.dead_letter_client.trouble = raises(error)

    found = totals(rig.deliver())

    assert (found.get("AccessDenied", 0), found["HeldUpAttempts"]) == (denied, 2)


def test_rejected_update_is_counted_as_a_dead_letter(rig: Rig) -> None:
    rig.details({"Name": "N"})
    rig.fail_for(CONTACT_ID, client_error(documented_error("InvalidParameterException")))

    delivery = rig.deliver()

    (line,) = lines(delivery)
    assert totals(delivery) == {"Updates": 1, "DeadLetters": 1, "ConnectLatency": 1}
    assert ("Updates", by_outcome(CONTACT, "Rejected")) in line


def test_unreadable_message_is_counted_by_function_only(rig: Rig) -> None:
    rig.body("nonsense")

    assert lines(rig.deliver()) == [{("Updates", BY_FUNCTION): [1], ("DeadLetters", BY_FUNCTION): [1]}]


def test_updates_of_a_missing_contact_count_their_one_call_once(rig: Rig) -> None:
    contact_id = "c7654321-4321-4321-4321-210987654321"
    for number in range(3):
        rig.attributes({"a": f"{number}"}, contact_id)
    rig.clock.advance(DAY)

    assert totals(rig.deliver()) == {"Updates": 3, "DeadLetters": 3, "ConnectLatency": 1}


def test_call_that_amazon_connect_refuses_for_one_of_its_updates_is_counted(rig: Rig) -> None:
    # Given: a merged call is refused, and then each update is applied on its own
    rig.attributes({"a": "good"})
    rig.attributes({"b": "bad"})
    rig.refuse("bad", client_error(documented_error("InvalidParameterException")))

    delivery = rig.deliver()

    assert delivery.outcomes == ["Updated", "Rejected"]
    assert len(rig.connect.made) == 3
    assert totals(delivery) == {"Updates": 2, "DeadLetters": 1, "ConnectLatency": 3}


def test_update_without_time_for_a_call_is_counted_and_not_as_held_up(rig: Rig) -> None:
    rig.attributes({"a": "1"})

    (line,) = lines(rig.deliver(seconds=1))

    assert line == counted(ATTRIBUTES, "HandedBack")


def test_repeated_message_is_counted_without_a_call(rig: Rig) -> None:
    rig.attributes({"a": "1"})
    records = rig.deliver().records
    rig.attributes({"b": "1"}, OTHER_CONTACT)

    assert lines(invoke(rig.consumer, records, TimedContext(rig.clock))) == [counted(ATTRIBUTES, "Repeated")]


def test_lines_about_no_update_have_no_metrics(rig: Rig) -> None:
    rig.attributes({"a": "1"})
    rig.fail_for(CONTACT_ID, READ_TIMEOUT)
    rig.queue_client.trouble = raises(READ_TIMEOUT)

    delivery = rig.deliver()

    assert delivery.outcomes == ["HeldUp", "VisibilityNotSet"]
    assert delivery.metrics[1] == {}
    assert "_aws" not in json.loads(delivery.printed.splitlines()[1])


def test_every_metric_is_written_by_one_of_these(rig: Rig) -> None:
    # A metric that nothing writes would be an alarm that never goes off.
    deliveries = []
    for error in (BARE_THROTTLE, documented_error("AccessDeniedException")):
        rig.attributes({"a": "1"})
        rig.fail_for(CONTACT_ID, client_error(error))
        deliveries.append(rig.deliver())
        rig.heal()
        rig.clock.advance(300)
    rig.body("nonsense", OTHER_CONTACT)
    deliveries.append(rig.deliver())

    assert totals(*deliveries).keys() == METRICS.keys()
