"""Whatever the event, the answer is well-formed and typed: 10,000 events.

No value of the request is repeated but by Amazon Connect's own text, which the caller alone gets.
"""

from __future__ import annotations

import collections
import json
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError
from contact_updates.connect_target import ConnectTarget
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings, Instance
from tests.handler import emf
from tests.handler.endpoint.generated_events import generate_event
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, LOG_FIELDS, Outcome, send

# A word that occurs nowhere else.
SECRET = "zq7canary7qz"

# How the texts of this Amazon Connect begin.
UPSTREAM_TEXT = "This is not a good value: "

SEEDS, EVENTS_PER_SEED = range(10), 1_000

STATUSES = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "InternalServiceException": 500,
    "InvalidActiveRegionException": 400,
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "ThrottlingException": 429,
    "UnknownOperationException": 404,
    "UnsupportedMediaTypeException": 415,
}


class TroubledClient:
    """An Amazon Connect client that calls the in-memory one without a socket, and fails now and then.

    With sockets, signatures and parsing 10,000 events take most of a minute; what the property is about, the handler
    from the event to the call and from the failure to the answer, is the same.
    """

    def __init__(self, state: AmazonConnect, rng: random.Random) -> None:
        self._state = state
        self._rng = rng

    def update_contact_attributes(self, **parameters: Any) -> dict[str, Any]:
        return self._call("UpdateContactAttributes", parameters)

    def update_contact(self, **parameters: Any) -> dict[str, Any]:
        return self._call("UpdateContact", parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        match self._rng.randrange(8):
            case 0:
                raise ReadTimeoutError(endpoint_url=f"https://example.com/{SECRET}")
            case 1:
                raise ValueError(f"unexpected: {parameters} {SECRET}")
            case 2:
                code = self._rng.choice(["InvalidParameterException", "ConflictException", "Unknown", SECRET + " "])
                named = self._rng.choice(["", "arn:aws:connect "])
                raise _client_error(operation, 400, code, f"{UPSTREAM_TEXT}{named}{SECRET} {parameters}")
            case 3:
                raise _client_error(operation, self._rng.choice([429, 503]), "Busy", SECRET)
        try:
            self._state.perform(operation, parameters)
        except ConnectError as error:
            raise _client_error(operation, error.status, str(error.error_type), error.message) from None
        return {"ResponseMetadata": {"RequestId": "up-1", "HTTPStatusCode": 200}}


def _client_error(operation: str, status: int, code: str, message: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
    )


def make_endpoint(
    rng: random.Random,
    allow_origins: frozenset[str],
    *,
    allowed_attributes: frozenset[str] | None = None,
    allowed_members: frozenset[str] | None = None,
) -> Endpoint:
    state = AmazonConnect(rate=1e9, burst=10**9)
    state.add_instance(INSTANCE_ARN)
    state.create_contact(contact_id=CONTACT_ID)
    settings = EndpointSettings(
        instance=Instance(INSTANCE_ARN),
        allowed_attributes=allowed_attributes,
        allowed_members=allowed_members,
        allow_origins=allow_origins,
    )
    return Endpoint(settings, ConnectTarget(TroubledClient(state, rng)))


def assert_well_formed(outcome: Outcome) -> None:
    answer = outcome.answer
    assert answer.keys() == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert type(answer["statusCode"]) is int
    assert all(type(name) is str and type(value) is str for name, value in answer["headers"].items())
    assert answer["headers"]["Content-Type"] == "application/json"
    assert type(answer["body"]) is str
    assert answer["isBase64Encoded"] is False
    if answer["statusCode"] == 200:
        assert answer["body"] == ""
    else:
        assert outcome.error.keys() == {"__type", "message", "Message"}
        assert outcome.error["__type"] == answer["headers"]["x-amzn-ErrorType"]
        assert outcome.error["message"] == outcome.error["Message"] != ""
        assert STATUSES[outcome.error_type] == answer["statusCode"]
        assert ("Retry-After" in answer["headers"]) == (answer["statusCode"] == 429)
        # Lambda accepts responses of up to 6 MB.
        assert len(answer["body"]) < 1_000_000


@pytest.mark.parametrize("seed", SEEDS)
def test_any_event_gets_a_typed_answer_and_no_text_of_ours_has_values(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the seed is in the test's name, for a repeat
    endpoints = [
        make_endpoint(rng, frozenset()),
        make_endpoint(rng, frozenset({"*"})),
        make_endpoint(
            rng,
            frozenset({"https://agents.example.com"}),
            allowed_attributes=frozenset({"a", "b"}),
            allowed_members=frozenset(
                {
                    "Name",
                    "Description",
                    "References",
                    "SegmentAttributes",
                    "QueueInfo",
                    "CustomerEndpoint",
                    "SystemEndpoint",
                }
            ),
        ),
    ]
    outcomes: collections.Counter[str] = collections.Counter()

    for number in range(EVENTS_PER_SEED):
        event = generate_event(rng, SECRET)
        shown = f"event {number} of seed {seed}: {json.dumps(event)[:3000]}"

        outcome = send(rng.choice(endpoints), event)

        assert_well_formed(outcome)
        is_upstreams = outcome.status != 200 and outcome.message.startswith(UPSTREAM_TEXT)
        if is_upstreams:
            assert len(outcome.message) <= 1_000, shown
        else:
            assert SECRET not in outcome.answer["body"].casefold(), shown
        assert SECRET not in outcome.log_and_errors.casefold(), shown
        assert SECRET not in json.dumps(outcome.headers), shown
        log = outcome.log
        assert log.keys() - {"fault", "faultAt"} == set(LOG_FIELDS), shown
        assert log["status"] == outcome.status, shown
        assert log["outcome"] == (outcome.error_type if outcome.status != 200 else "Updated"), shown
        # Unexpected exceptions come from the client above, never from the handler.
        assert log.get("fault") in {None, "ValueError"}, shown
        assert "fault" not in log or log["attempts"] in {1, 2}, shown
        for _, dimensions in emf.extracted(outcome.line):
            by = dict(dimensions)
            assert by.pop("function") == "unknown", shown
            assert by.pop("operation", "UpdateContact") in {"UpdateContact", "UpdateContactAttributes"}, shown
            assert by.pop("outcome", "Updated") in {"Updated", *STATUSES}, shown
            assert not by, shown
        outcomes["fault" if "fault" in log else log["outcome"]] += 1
        outcomes["Amazon Connect's own"] += is_upstreams
        outcomes["withheld"] += "withheld" in outcome.answer["body"]

    # The generator covers the whole handler, not only its checks.
    assert outcomes["Updated"] > EVENTS_PER_SEED / 20, outcomes
    for name in ("Amazon Connect's own", "withheld", "fault", *(STATUSES.keys() - {"InvalidActiveRegionException"})):
        assert outcomes[name] > 0, (name, outcomes)
