"""The calls to Amazon Connect: their time-outs, their one retry, and what a failure means for the caller."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from contact_updates.answer_check import UnreadableAnswerError
from contact_updates.aws_session import AwsSession, error_code, response_status
from contact_updates.errors import UpdateError, internal_error
from contact_updates.pacing import Pacer
from contact_updates.update import Update

# For each address, and for each silence while reading: a server that keeps dripping is ended by the function's own
# time-out. Two attempts with both, 22 seconds, fit into its default of 25 seconds, which fits into API Gateway's
# integration time-out of 29.
CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 9
MAX_ATTEMPTS = 2

# Left of the function's time for the answer and the log line, after an attempt that used up both time-outs.
_RESERVE_SECONDS = 0.5

# Errors whose cause the caller can act on. Whatever else Amazon Connect answers is this service's own trouble.
_PASSED_ON = frozenset(
    {
        "ConflictException",
        "InvalidActiveRegionException",
        "InvalidParameterException",
        "InvalidRequestException",
        "ResourceNotFoundException",
    }
)
# A throttle also comes as a bare 429 without any type.
_THROTTLES = frozenset({"ThrottlingException", "TooManyRequestsException"})

# The members of a request that are no secret.
_IDENTIFIERS = frozenset({"InstanceId", "ContactId", "InitialContactId"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9_=+/-]{1,100}\Z")
_ACCOUNT_DETAIL = re.compile(r"arn:|(?<!\d)\d{12}(?!\d)")
_WORD = re.compile(r"\w{3,}")
_MIN_PART_LENGTH = 4
_NO_WORD = re.compile(r"\W+")


class Trace:
    """What the log line says about the calls that one update took."""

    def __init__(self) -> None:
        self.attempts = 0
        self.upstream_request_id: str | None = None
        self.upstream_error: str | None = None
        # The queue's only. Known before the queue confirms: an update may be in it although its confirmation is lost.
        self.update_id: str | None = None


class ConnectClient:
    """Makes updates of contacts in Amazon Connect, in one Region."""

    def __init__(self, session: AwsSession, region: str, *, pacer: Pacer | None = None) -> None:
        """Create the client. With `pacer`, each attempt takes its time."""
        client = session.client(
            "connect",
            region=region,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            # Callers' SDKs retry, and retries multiply: the one that is worth it is made in `update`.
            max_attempts=1,
        )
        self._pacer = pacer or Pacer(0)
        session.check_answers(client)
        self._calls: dict[str, Callable[..., Any]] = {
            operation: getattr(client, method) for method, operation in client.meta.method_to_api_mapping.items()
        }

    @property
    def seconds_per_update(self) -> float:
        """The longest that an update may take."""
        attempt = max(CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS, self._pacer.seconds)
        return MAX_ATTEMPTS * attempt + _RESERVE_SECONDS

    def update(self, update: Update, *, remaining_seconds: Callable[[], float], trace: Trace) -> None:
        """Make one update; `trace` is filled in as the calls go. Raises UpdateError.

        Tries again once, on a connection error, a time-out, a 5xx or an unreadable answer, if `remaining_seconds()` has
        room for it. Both operations set values, so that making one twice is the same as making it once.
        """
        while True:
            trace.attempts += 1
            try:
                response = self._pacer(self._calls[update.operation.name], update.parameters)
            except ClientError as error:
                _note(error.response, trace)
                failure = _as_told_to_the_caller(error.response, update.parameters)
                may_retry = response_status(error.response) >= 500
            except (BotoCoreError, ResponseParserError, UnreadableAnswerError) as error:
                trace.upstream_error, trace.upstream_request_id = type(error).__name__, None
                failure = internal_error()
                may_retry = isinstance(error, (BotoConnectionError, HTTPClientError, UnreadableAnswerError))
            else:
                _note(response, trace)
                trace.upstream_error = None
                return
            if not may_retry or trace.attempts == MAX_ATTEMPTS or not _fits(remaining_seconds()):
                raise failure


def _fits(remaining_seconds: float) -> bool:
    return remaining_seconds >= CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS + _RESERVE_SECONDS


def _note(response: dict[str, Any], trace: Trace) -> None:
    """Take over what identifies the answer. Both texts come from outside, so only plain ones are taken."""
    request_id = response.get("ResponseMetadata", {}).get("RequestId")
    trace.upstream_request_id = request_id if request_id and _REQUEST_ID.match(request_id) else None
    if "Error" in response:
        trace.upstream_error = error_code(response)


def _as_told_to_the_caller(response: dict[str, Any], parameters: dict[str, Any]) -> UpdateError:
    code = str(response["Error"].get("Code"))
    if code in _THROTTLES or response_status(response) == 429:
        return UpdateError("ThrottlingException", "Amazon Connect's quota of requests is used up: try again later.")
    if code in _PASSED_ON:
        upstream_message = str(response["Error"].get("Message") or f"Amazon Connect answered {code}.")
        message = upstream_message
        if _ACCOUNT_DETAIL.search(message) or _repeats(message, parameters):
            message = f"Amazon Connect answered {code}; its message is withheld because it may repeat private values."
        return UpdateError(code, message, upstream_message=upstream_message)
    return internal_error()


def _repeats(message: str, parameters: dict[str, Any]) -> bool:
    """Whether `message` may repeat a value of the request: all of it, a word of it, or the part of a word."""
    message = _folded(message)
    words = set(_WORD.findall(message))
    squeezed = _NO_WORD.sub("", message)
    parts = [word for word in words if len(word) >= _MIN_PART_LENGTH]
    private = (value for name, value in parameters.items() if name not in _IDENTIFIERS)
    return any(
        _NO_WORD.sub("", text) in squeezed
        or not words.isdisjoint(_WORD.findall(text))
        or any(part in text for part in parts)
        for value in private
        for text in map(_folded, _texts(value))
        if _NO_WORD.sub("", text)
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)
