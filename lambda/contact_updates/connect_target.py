"""The calls to Amazon Connect: timeouts, one retry, and what a failure means for the caller."""

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
from contact_updates.aws_session import AwsSession, error_code, is_access_denied, response_status
from contact_updates.contract import operations
from contact_updates.outcome import NO_CALLS, Applied, Trace, UpdateError, internal_error
from contact_updates.update import Update

# Per address, and per pause while reading: only the function's own timeout ends a response that arrives byte by byte.
# Two attempts that use up both take 22 seconds, which fits into the function's default timeout of 25 seconds, and that
# into API Gateway's integration timeout of 29.
CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 9
MAX_ATTEMPTS = 2

# Reserved for the answer and the log line, after an attempt that used up both timeouts.
_RESERVE_SECONDS = 0.5

# Errors that the caller can act on. All others are this service's own problem.
_PASSED_ON = frozenset(
    {
        "ConflictException",
        "InvalidActiveRegionException",
        "InvalidParameterException",
        "InvalidRequestException",
        "ResourceNotFoundException",
    }
)
# A throttle can also be a bare 429 without a type.
_THROTTLES = frozenset({"ThrottlingException", "TooManyRequestsException"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9_=+/-]{1,100}\Z")

# How much of Amazon Connect's text the caller gets, in characters.
_MAX_TEXT_LENGTH = 1_000
# How much is searched for account details: one that starts before the cut must be found.
_MAX_CHECKED_LENGTH = _MAX_TEXT_LENGTH + 20
# The start of an ARN, plain or percent-encoded, or an account id. The end of a UUID may look like an account id.
_ACCOUNT_DETAIL = re.compile(
    r"(?<![A-Za-z])arn(?::|%3[Aa])"
    r"|(?<![0-9])(?<![0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-)[0-9]{12}(?![0-9])"
)


class Pacer:
    """Lets a call start at least `seconds` after the start of the one before.

    It waits after each call, before the execution environment is free for the next batch. As environments share
    nothing, only this keeps the rate whichever of them gets the next batch. The first call of a batch need not wait.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds = seconds
        # How long the last call took, in seconds.
        self.took = 0.0
        self._clock = clock
        self._sleep = sleep

    def __call__(self, call: Callable[..., Any], parameters: dict[str, Any]) -> Any:
        """Make one call and wait until its time is over. Raises what the call raises."""
        started = self._clock()
        try:
            return call(**parameters)
        finally:
            ended = self._clock()
            self.took = ended - started
            left = started + self.seconds - ended
            if left > 0:
                self._sleep(left)


def connect_client(session: AwsSession, region: str) -> Any:
    """The AWS SDK client for a ConnectTarget. `region` is the instance's."""
    client = session.client(
        "connect",
        region=region,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        # Callers' SDKs retry, and retries multiply. `apply` makes the one retry that is worth it.
        max_attempts=1,
    )
    session.check_answers(client)
    return client


class ConnectTarget:
    """Applies updates in Amazon Connect."""

    def __init__(self, client: Any, *, pacer: Pacer | None = None) -> None:
        """`client` is an Amazon Connect client, such as `connect_client` returns.

        `pacer` paces the attempts. Default: they are not paced.
        """
        self._pacer = pacer or Pacer(0)
        self._calls: dict[str, Callable[..., Any]] = {
            operation.name: getattr(client, botocore.xform_name(operation.name)) for operation in operations()
        }

    @property
    def seconds_per_update(self) -> float:
        """The longest time that `apply` can take."""
        attempt = max(CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS, self._pacer.seconds)
        return MAX_ATTEMPTS * attempt + _RESERVE_SECONDS

    def apply(self, update: Update, remaining_seconds: Callable[[], float], _: object = None) -> Applied:
        """Apply one update. Raises UpdateError.

        Retries once after a connection error, a timeout, a 5xx or an unreadable response, if `remaining_seconds()` is
        enough for another attempt. Both operations set values, so that calling one twice has the effect of one call.
        """
        trace = NO_CALLS
        while True:
            attempts = trace.attempts + 1
            latencies = trace.latencies
            try:
                try:
                    response = self._pacer(self._calls[update.operation.name], update.parameters)
                finally:
                    latencies += (round(self._pacer.took * 1000, 1),)
            except ClientError as error:
                trace = Trace(attempts, _request_id(error.response), error_code(error.response), latencies=latencies)
                failure = _failure(error.response, trace)
                may_retry = response_status(error.response) >= 500
            except (BotoCoreError, ResponseParserError, UnreadableAnswerError) as error:
                trace = Trace(attempts, upstream_error=type(error).__name__, latencies=latencies)
                failure = internal_error(trace)
                may_retry = isinstance(error, (BotoConnectionError, HTTPClientError, UnreadableAnswerError))
            except Exception as error:
                trace = trace._replace(attempts=attempts, unexpected=error, latencies=latencies)
                raise internal_error(trace) from error
            else:
                return Applied(Trace(attempts, _request_id(response), latencies=latencies))
            if not may_retry or attempts == MAX_ATTEMPTS or not _fits(remaining_seconds()):
                raise failure


def _fits(remaining_seconds: float) -> bool:
    return remaining_seconds >= CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS + _RESERVE_SECONDS


def _request_id(response: dict[str, Any]) -> str | None:
    """The response's request id. It comes from outside, so that only a plain one is returned."""
    request_id = response.get("ResponseMetadata", {}).get("RequestId")
    return request_id if request_id and _REQUEST_ID.match(request_id) else None


def _failure(response: dict[str, Any], trace: Trace) -> UpdateError:
    """What an error response means for the caller.

    The caller gets Amazon Connect's own text, up to 1,000 characters, as if it had called Amazon Connect itself. The
    text is withheld if it names an ARN or an account. Apart from the caller, only the dead letter gets it.
    """
    error = response["Error"]
    code = str(error.get("Code"))
    if code in _THROTTLES or response_status(response) == 429:
        return UpdateError(
            "ThrottlingException",
            "Amazon Connect's request quota is used up: try again later.",
            trace=trace._replace(throttled=True),
        )
    if code not in _PASSED_ON:
        return internal_error(trace._replace(access_denied=is_access_denied(response)))
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
