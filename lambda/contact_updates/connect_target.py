"""The calls to Amazon Connect: their time-outs, their one retry, and what a failure means for the caller."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import botocore
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from contact_updates.answer_check import UnreadableAnswerError
from contact_updates.aws_session import AwsSession, error_code, response_status
from contact_updates.contract import operations
from contact_updates.outcome import Applied, Trace, UpdateError, internal_error
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

_REQUEST_ID = re.compile(r"[A-Za-z0-9_=+/-]{1,100}\Z")

# What the caller gets of Amazon Connect's text, in characters.
_MAX_TEXT_LENGTH = 1_000
# What is looked at for account details: of one that the cut goes through, the beginning would be told.
_MAX_CHECKED_LENGTH = _MAX_TEXT_LENGTH + 20
# The beginning of an ARN, plain or percent-encoded; an account's id, which the end of a UUID may look like.
_ACCOUNT_DETAIL = re.compile(
    r"(?<![A-Za-z])arn(?::|%3[Aa])"
    r"|(?<![0-9])(?<![0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-)[0-9]{12}(?![0-9])"
)


class Pacer:
    """Gives each call its time: `seconds` from its start until the next one may start.

    The wait comes after the call and before the execution is free for the next batch. So the rate holds whichever
    execution environments the batches go to, since they share nothing, and the first call of a batch need not wait.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._sleep = sleep

    def __call__(self, call: Callable[..., Any], parameters: dict[str, Any]) -> Any:
        """Make one call, and let its time pass. Raises what the call raises."""
        started = self._clock()
        try:
            return call(**parameters)
        finally:
            left = started + self.seconds - self._clock()
            if left > 0:
                self._sleep(left)


def connect_client(session: AwsSession, region: str) -> Any:
    """The AWS SDK client of Amazon Connect for ConnectTarget, in the instance's Region."""
    client = session.client(
        "connect",
        region=region,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        # Callers' SDKs retry, and retries multiply: the one that is worth it is made in `apply`.
        max_attempts=1,
    )
    session.check_answers(client)
    return client


class ConnectTarget:
    """Makes updates of contacts in Amazon Connect."""

    def __init__(self, client: Any, *, pacer: Pacer | None = None) -> None:
        """`client` is a client of Amazon Connect, such as that of `connect_client`.

        `pacer` gives each attempt its time. Default: attempts are not paced.
        """
        self._pacer = pacer or Pacer(0)
        self._calls: dict[str, Callable[..., Any]] = {
            operation.name: getattr(client, botocore.xform_name(operation.name)) for operation in operations()
        }

    @property
    def seconds_per_update(self) -> float:
        """The longest that an update may take."""
        attempt = max(CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS, self._pacer.seconds)
        return MAX_ATTEMPTS * attempt + _RESERVE_SECONDS

    def apply(self, update: Update, remaining_seconds: Callable[[], float], _: object = None) -> Applied:
        """Make one update. Raises UpdateError.

        Tries again once, on a connection error, a timeout, a 5xx or an unreadable answer, if `remaining_seconds()` has
        room for it. Both operations set values, so that making one twice is the same as making it once.
        """
        trace = Trace()
        while True:
            attempts = trace.attempts + 1
            try:
                response = self._pacer(self._calls[update.operation.name], update.parameters)
            except ClientError as error:
                trace = Trace(attempts, _request_id(error.response), error_code(error.response))
                failure = _failure(error.response, trace)
                may_retry = response_status(error.response) >= 500
            except (BotoCoreError, ResponseParserError, UnreadableAnswerError) as error:
                trace = Trace(attempts, upstream_error=type(error).__name__)
                failure = internal_error(trace)
                may_retry = isinstance(error, (BotoConnectionError, HTTPClientError, UnreadableAnswerError))
            except Exception as error:
                raise internal_error(trace._replace(attempts=attempts, unexpected=error)) from error
            else:
                return Applied(Trace(attempts, _request_id(response)))
            if not may_retry or attempts == MAX_ATTEMPTS or not _fits(remaining_seconds()):
                raise failure


def _fits(remaining_seconds: float) -> bool:
    return remaining_seconds >= CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS + _RESERVE_SECONDS


def _request_id(response: dict[str, Any]) -> str | None:
    """The answer's request id. It comes from outside, so that only a plain one is taken."""
    request_id = response.get("ResponseMetadata", {}).get("RequestId")
    return request_id if request_id and _REQUEST_ID.match(request_id) else None


def _failure(response: dict[str, Any], trace: Trace) -> UpdateError:
    """What an error response means for the caller.

    The caller gets Amazon Connect's own text, as Amazon Connect would give it to whoever sent those values, up to 1,000
    characters; it is withheld if it names an ARN or an account. Nothing else gets it but the dead letter.
    """
    error = response["Error"]
    code = str(error.get("Code"))
    if code in _THROTTLES or response_status(response) == 429:
        return UpdateError(
            "ThrottlingException", "Amazon Connect's request quota is used up: try again later.", trace=trace
        )
    if code not in _PASSED_ON:
        return internal_error(trace)
    answered = f"Amazon Connect answered {code}"
    public_message = f"{answered}."
    upstream_message = error.get("Message")
    if not isinstance(upstream_message, str) or not upstream_message:
        return UpdateError(code, public_message, trace=trace)
    text = upstream_message[:_MAX_TEXT_LENGTH]
    message = text
    if _ACCOUNT_DETAIL.search(upstream_message[:_MAX_CHECKED_LENGTH]):
        message = f"{answered}; its text is withheld because it names an ARN or an account."
    return UpdateError(code, message, public_message=public_message, upstream_message=text, trace=trace)
