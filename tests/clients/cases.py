"""The calls that every client makes, and the answers expected of each target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.faults import BARE_THROTTLE, TOO_MANY_REQUESTS, ErrorAnswer, documented_error
from tests.clients.target import Target, TargetName

# Part of every value that is sent, so that a message that repeats a value is detected.
PRIVATE = "private7f3a"
# Characters with a special meaning in URLs, in JSON or on a command line, and some outside ASCII.
SPECIAL = "é “ü” \"q\" 'a' \\ % %41 / // ? & # + 你好 \N{GRINNING FACE}"

UPDATE_CONTACT_ATTRIBUTES = "UpdateContactAttributes"
UPDATE_CONTACT = "UpdateContact"

Parameters = dict[str, Any]


class Caller(Enum):
    """Who makes the call."""

    PERMITTED = auto()
    WITHOUT_PERMISSION = auto()
    WITH_WRONG_SECRET = auto()
    WITH_UNKNOWN_KEY = auto()
    UNSIGNED = auto()


@dataclass(frozen=True)
class Expected:
    """An expected answer. Without an error type, it is a success."""

    status: int
    error_type: str | None = None
    # A text that the message must contain.
    says: str = ""
    # API Gateway's own type, which is in the header of a gateway response.
    gateway_type: str | None = None

    def __str__(self) -> str:
        return f"{self.status} {self.error_type}" if self.error_type else f"{self.status}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table."""

    name: str
    operation: str
    # Makes the parameters from the target and the contact's id.
    parameters: Callable[[Target, str], Parameters]
    # If a target is missing, `note` says why.
    answers: dict[TargetName, Expected]
    # Why the endpoint's answer is not Amazon Connect's.
    note: str = ""
    caller: Caller = Caller.PERMITTED
    fault: ErrorAnswer | None = None
    # If more than 1, the attempts that arrive are counted and shown in the table.
    max_attempts: int = 1
    # Whether API Gateway throttles everything.
    closed_gateway: bool = False
    # Whether the input is invalid because values are not strings.
    has_values_of_other_types: bool = False
    # Appended to the contact's id.
    id_suffix: str = ""


def _attributes(target: Target, contact_id: str) -> Parameters:
    return {
        "InstanceId": target.instance_id,
        "InitialContactId": contact_id,
        "Attributes": {"greetingPlayed": f"{PRIVATE} {SPECIAL}", "tier_2-B": PRIVATE},
    }


def _details(target: Target, contact_id: str) -> Parameters:
    return {
        "InstanceId": target.instance_id,
        "ContactId": contact_id,
        "Name": f"{PRIVATE} {SPECIAL}",
        "References": {f"{PRIVATE} é": {"Type": "URL", "Value": f"https://example.com/{PRIVATE}?a=%20{SPECIAL}"}},
    }


_PARAMETERS = {UPDATE_CONTACT_ATTRIBUTES: _attributes, UPDATE_CONTACT: _details}


def _with(operation: str, **changes: Any) -> Callable[[Target, str], Parameters]:
    return lambda target, contact_id: {**_PARAMETERS[operation](target, contact_id), **changes}


def _with_arn(operation: str) -> Callable[[Target, str], Parameters]:
    return lambda target, contact_id: {
        **_PARAMETERS[operation](target, contact_id),
        "InstanceId": target.instance_arn,
    }


def _for_another_contact(operation: str) -> Callable[[Target, str], Parameters]:
    member = "ContactId" if operation == UPDATE_CONTACT else "InitialContactId"
    return lambda target, contact_id: {**_PARAMETERS[operation](target, contact_id), member: f"not {contact_id}"}


def _without_instance(target: Target, contact_id: str) -> Parameters:
    return {name: value for name, value in _attributes(target, contact_id).items() if name != "InstanceId"}


def _with_nothing(target: Target, contact_id: str) -> Parameters:
    return {"InstanceId": target.instance_id, "ContactId": contact_id}


def _same(expected: Expected) -> dict[TargetName, Expected]:
    return dict.fromkeys(TargetName, expected)


def _only_endpoint(expected: Expected) -> dict[TargetName, Expected]:
    return {TargetName.ENDPOINT: expected}


_SUCCESS = Expected(200)
_FAULT = Expected(500, "InternalServiceException")
_INVALID = Expected(400, "InvalidRequestException")
_NOT_FOUND = Expected(404, "ResourceNotFoundException")
_THROTTLED_AT_THE_EDGE = Expected(429, "ThrottlingException", gateway_type="TooManyRequestsException")
_DENIED = Expected(403, "AccessDeniedException")
_THROTTLED = Expected(429, "ThrottlingException")

_NO_SIGNATURE_CHECK = "The in-memory Amazon Connect checks neither signatures nor permissions."
_GATEWAY_TYPE = (
    "API Gateway answers without calling the function. This is the `__type` in the body. The header has API Gateway's "
    "own code, which clients that read the header show."
)
_INJECTED = "a fault injected for this test"

_NOTES = {
    "AccessDeniedException": (
        "Amazon Connect denies the call to the endpoint's role. The caller cannot fix that, and the message names the "
        "role, so the endpoint logs it and answers with its own error."
    ),
    "InternalServiceException": "The endpoint retries once, and then answers with this error and its own message.",
    "ThrottlingException": "The message is the endpoint's own, because Amazon Connect's may be missing.",
}


def _documented_errors(operation: str) -> list[Case]:
    cases = []
    for error in service_model()["operations"][operation]["errors"]:
        fault = documented_error(error["shape"])
        injected = ErrorAnswer(fault.status, fault.error_type, _INJECTED)
        itself = Expected(fault.status, fault.error_type, _INJECTED)
        own = {"AccessDeniedException": _FAULT, "InternalServiceException": _FAULT, "ThrottlingException": _THROTTLED}
        cases.append(
            Case(
                name=f"{operation}: {error['shape']}",
                operation=operation,
                parameters=_PARAMETERS[operation],
                answers={
                    TargetName.AMAZON_CONNECT: itself,
                    TargetName.ENDPOINT: own.get(error["shape"], itself),
                },
                note=_NOTES.get(error["shape"], ""),
                fault=injected,
            )
        )
    return cases


def _both(name: str, **fields: Any) -> list[Case]:
    """The case for both operations. `parameters` makes the function for an operation."""
    make = fields.pop("parameters", _PARAMETERS.__getitem__)
    return [
        Case(name=f"{operation}: {name}", operation=operation, parameters=make(operation), **fields)
        for operation in _PARAMETERS
    ]


_ARN_NOTE = "If the id is an ARN, IAM evaluates a doubled ARN and denies the call. The endpoint sends the id."

CASES: list[Case] = [
    *_both("success", answers=_same(_SUCCESS)),
    *_both(
        "`/`, `%`, quotes, spaces and UTF-8 in the contact's id",
        answers=_same(_SUCCESS),
        id_suffix=f" {SPECIAL}",
    ),
    *_both(
        "an ARN as instance id",
        parameters=_with_arn,
        answers={TargetName.AMAZON_CONNECT: _DENIED, TargetName.ENDPOINT: _SUCCESS},
        note=_ARN_NOTE,
    ),
    *_both("unknown contact", parameters=_for_another_contact, answers=_same(_NOT_FOUND)),
    Case(
        name="UpdateContactAttributes: a required member is missing",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_without_instance,
        answers=_same(_INVALID),
    ),
    Case(
        name="UpdateContactAttributes: a key with a space and an umlaut",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_with(UPDATE_CONTACT_ATTRIBUTES, Attributes={f"{PRIVATE} ä": "x"}),
        answers=_same(_INVALID),
    ),
    Case(
        name="UpdateContactAttributes: more than 32,768 bytes",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_with(UPDATE_CONTACT_ATTRIBUTES, Attributes={"a": PRIVATE + "é" * 16_384}),
        answers=_same(Expected(400, "InvalidRequestException", "Attributes")),
    ),
    Case(
        name="UpdateContactAttributes: a number and a boolean as values",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_with(UPDATE_CONTACT_ATTRIBUTES, Attributes={"tries": 3, "greetingPlayed": False}),
        answers=_same(Expected(400, "InvalidRequestException", "Attributes")),
        has_values_of_other_types=True,
    ),
    Case(
        name="UpdateContact: nothing to update",
        operation=UPDATE_CONTACT,
        parameters=_with_nothing,
        answers=_same(_INVALID),
    ),
    Case(
        name="UpdateContact: a type of reference that does not exist",
        operation=UPDATE_CONTACT,
        parameters=_with(UPDATE_CONTACT, References={"a": {"Type": PRIVATE, "Value": PRIVATE}}),
        answers=_same(Expected(400, "InvalidRequestException", "References")),
    ),
    *_documented_errors(UPDATE_CONTACT_ATTRIBUTES),
    *_documented_errors(UPDATE_CONTACT),
    Case(
        name="throttled, with three attempts allowed",
        operation=UPDATE_CONTACT,
        parameters=_details,
        answers=_same(_THROTTLED),
        note="The endpoint passes a throttle on at once, with Retry-After, and does not retry it.",
        fault=documented_error("ThrottlingException"),
        max_attempts=3,
    ),
    Case(
        name="throttled with a bare 429",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_attributes,
        answers=_only_endpoint(_THROTTLED),
        note="Amazon Connect's throttle may have neither type nor message; the endpoint adds both.",
        fault=BARE_THROTTLE,
    ),
    Case(
        name="throttled with TooManyRequestsException",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_attributes,
        answers=_only_endpoint(_THROTTLED),
        note="Neither operation's model has this type; the endpoint answers with the modelled one.",
        fault=TOO_MANY_REQUESTS,
    ),
    Case(
        name="throttled by API Gateway",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_attributes,
        answers=_only_endpoint(_THROTTLED_AT_THE_EDGE),
        note=_GATEWAY_TYPE,
        closed_gateway=True,
    ),
    *_both(
        "not signed",
        answers=_only_endpoint(Expected(403, "MissingAuthenticationTokenException")),
        note=f"{_NO_SIGNATURE_CHECK} API Gateway gives the same answer to a missing signature and an unknown path.",
        caller=Caller.UNSIGNED,
    ),
    Case(
        name="signed with a wrong secret",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_attributes,
        answers=_only_endpoint(Expected(403, "InvalidSignatureException")),
        note=_NO_SIGNATURE_CHECK,
        caller=Caller.WITH_WRONG_SECRET,
    ),
    Case(
        name="signed with an unknown access key",
        operation=UPDATE_CONTACT_ATTRIBUTES,
        parameters=_attributes,
        answers=_only_endpoint(
            Expected(403, "InvalidRequestException", gateway_type="UnrecognizedClientException"),
        ),
        note=f"{_NO_SIGNATURE_CHECK} {_GATEWAY_TYPE}",
        caller=Caller.WITH_UNKNOWN_KEY,
    ),
    *_both(
        "a user without permission",
        answers=_only_endpoint(_DENIED),
        note=_NO_SIGNATURE_CHECK,
        caller=Caller.WITHOUT_PERMISSION,
    ),
]
