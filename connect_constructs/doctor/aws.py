"""Calls AWS: clients with short timeouts, and findings for calls that fail."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from connect_constructs.doctor.finding import Finding, Status

# Timeouts in seconds. Responses are small, and a user waits for them: a retry would double the wait for an endpoint
# that does not respond.
_CONFIG = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 1})

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedException", "UnauthorizedOperation"}

# What boto3 raises if a call fails. The last one is for a response that is not from AWS, such as a proxy's page.
AwsError = (BotoCoreError, ClientError, ResponseParserError)


class InvalidEndpointError(BotoCoreError):  # type: ignore[misc]
    """The user's settings name an endpoint that is not a URL."""

    fmt = "the endpoint for {service} is not a URL: {error}"

    @property
    def todo(self) -> str:
        """What to do about it."""
        service = self.kwargs["service"].replace("-", "_").upper()
        return f"correct or unset AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_{service}, or the profile's endpoint_url"


class Clients:
    """Creates clients by service and Region. Thread-safe."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        # boto3's sessions are not thread-safe; its clients are (boto3 documentation, "Multithreading").
        self._lock = threading.Lock()

    def __call__(self, service: str, region: str) -> Any:
        """Create a client. Raises BotoCoreError."""
        with self._lock:
            try:
                return self._session.client(service, region_name=region, config=_CONFIG)
            except BotoCoreError:
                raise
            except ValueError as error:
                raise InvalidEndpointError(service=service, error=error) from None


def error_code(error: BaseException) -> str:
    """AWS's error code. Empty if AWS did not respond."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_denied(error: BaseException) -> bool:
    """Whether a permission is missing."""
    return error_code(error) in _DENIED


def is_unreachable(error: BaseException) -> bool:
    """Whether there was no connection, no response in time, or one that is not from AWS."""
    return isinstance(error, (HTTPClientError, NoConnectionError, ResponseParserError))


def unanswered(check: str, error: BaseException, permission: str) -> Finding:
    """The finding for a check whose call failed."""
    if is_denied(error):
        return Finding(check, Status.UNKNOWN, f"not allowed: needs {permission}")
    if isinstance(error, InvalidEndpointError):
        return Finding(check, Status.UNKNOWN, str(error), error.todo)
    return Finding(check, Status.UNKNOWN, reason(error))


def reason(error: BaseException) -> str:
    """Why a call failed, in one line."""
    if isinstance(error, ClientError):
        message = error.response.get("Error", {}).get("Message", "")
        return f"{error.operation_name} answered {error_code(error)}" + (
            f": {' '.join(message.split())}" if message else ""
        )
    return f"no answer: {one_line(error)}"


def one_line(error: BaseException) -> str:
    """The error's message, without line breaks."""
    return " ".join(str(error).split())
