"""Calls to the endpoint, exactly as they are sent, and the unedited responses."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any, NamedTuple

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from connect_constructs.contract.client_model import SIGNING_NAME

# API Gateway answers within 29 seconds (API Gateway quotas, "Integration timeout").
_CONNECT_TIMEOUT_SECONDS = 5
_READ_TIMEOUT_SECONDS = 35

# A throttle says nothing about what is checked: others use the endpoint, too.
_MAX_ATTEMPTS = 4
_THROTTLE_WAIT_SECONDS = 2

# A signature is valid for five minutes (IAM User Guide, "AWS Signature Version 4 for API requests").
_EXPIRED = timedelta(hours=1)

# Not a real secret, and not a real token.
_WRONG_SECRET = "wrong" * 8
_WRONG_TOKEN = "not-a-token"  # noqa: S105

# Only what looks as expected is printed: a faulty response could repeat the signature.
_NAME = re.compile(r"[A-Za-z0-9_.:/#-]{1,100}\Z")
_MAX_TEXT_LENGTH = 200
_MIN_SECRET_LENGTH = 8

_CONNECTION_OBJECT = re.compile(r"\w+\([^)]*\): ")


class UnreachableError(Exception):
    """The endpoint responded to no call. The message can be shown to users as it is."""


class Authorization(Enum):
    """How a call identifies its caller."""

    VALID = "the caller's own"
    NONE = "nothing"
    WRONG = "a wrong secret, or a wrong token"
    EXPIRED = "a signature that is too old"


class Call(NamedTuple):
    """One request. `path` is appended to the endpoint's URL and sent as it is."""

    path: str
    body: Any = None
    method: str = "POST"
    headers: Mapping[str, str] = {}
    authorization: Authorization = Authorization.VALID
    has_api_key: bool = True


@dataclass(frozen=True)
class Answer:
    """A response, or the reason why there was none."""

    # 0 if there was no response; `failure` says why.
    status: int
    # The values of each header, by lower-case name.
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: str = ""
    failure: str | None = None

    @property
    def error_type(self) -> str | None:
        """The body's `__type`."""
        return _plain(self._fields.get("__type"))

    @property
    def error_type_headers(self) -> list[str]:
        """All values of x-amzn-ErrorType, even if something on the way joined them with commas."""
        values = [part.strip() for value in self.headers.get("x-amzn-errortype", ()) for part in value.split(",")]
        return [_plain(value) or "(unreadable)" for value in values]

    @property
    def text(self) -> str | None:
        """The error message, if it is in this endpoint's format, whose messages repeat no values.

        API Gateway's own messages have another format, and may quote the signature.
        """
        message = self._fields.get("message")
        if not isinstance(message, str) or message != self._fields.get("Message"):
            return None
        printable = "".join(sign if sign.isprintable() else " " for sign in message)
        return printable if len(printable) <= _MAX_TEXT_LENGTH else f"{printable[:_MAX_TEXT_LENGTH]}…"

    @property
    def request_ids(self) -> list[str]:
        """API Gateway's request ids: one, if all is well."""
        return [_plain(value) or "(unreadable)" for value in self.headers.get("x-amzn-requestid", ())]

    @property
    def update_id(self) -> str | None:
        """The id that an endpoint with a queue gives to an accepted update."""
        return _plain(self.header("update-id"))

    def header(self, name: str) -> str | None:
        """The joined values of a header, by lower-case name. None if it is missing."""
        values = self.headers.get(name)
        return ", ".join(values) if values else None

    @property
    def _fields(self) -> dict[str, Any]:
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "(withheld)")
    return text


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) and _NAME.match(value) else None


class Endpoint:
    """A deployed endpoint, and the caller's credentials."""

    def __init__(
        self,
        url: str,
        *,
        region: str,
        credentials: ReadOnlyCredentials | None,
        headers: Mapping[str, str],
        api_key: str | None,
        ca_bundle: str | None = None,
    ) -> None:
        """Prepare the calls. Nothing is sent yet.

        :param url: The URL with the stage and without a trailing slash.
        :param region: The API's Region, for signatures.
        :param credentials: Sign the calls. None: the calls are not signed, and `headers` identify the caller.
        :param headers: Headers for each call.
        :param api_key: Sent as x-api-key.
        :param ca_bundle: A file with the certificates to trust. Default: botocore's.
        """
        self.url = url
        self.is_signed = credentials is not None
        self._region = region
        self._credentials = credentials
        self._headers = headers
        self._api_key = api_key
        self._has_answered = False
        self._http = URLLib3Session(
            verify=ca_bundle or True,
            proxies=get_environ_proxies(url),
            timeout=(_CONNECT_TIMEOUT_SECONDS, _READ_TIMEOUT_SECONDS),
        )

    @property
    def has_credential(self) -> bool:
        """Whether calls carry anything that identifies the caller."""
        return self.is_signed or bool(self._headers)

    @property
    def has_api_key(self) -> bool:
        """Whether calls carry an API key."""
        return self._api_key is not None

    def send(self, call: Call) -> Answer:
        """Make the call. Retries for a few seconds while it is throttled.

        Raises UnreachableError if there is no response and there has never been one.
        """
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            answer = self._send_once(call)
            if answer.status != 429 or attempt == _MAX_ATTEMPTS:
                break
            time.sleep(_THROTTLE_WAIT_SECONDS)
        return answer

    def _send_once(self, call: Call) -> Answer:
        request = self._request(call)
        try:
            response = self._http.send(request.prepare())
        except (BotoCoreError, OSError) as error:
            failure = _reason(error)
            if not self._has_answered:
                raise UnreachableError(f"no answer from {self.url}: {failure}") from None
            return Answer(status=0, failure=failure)
        self._has_answered = True
        # botocore's own headers would join repeated ones.
        headers, secrets = response.raw.headers, self._secrets(request)
        return Answer(
            status=response.status_code,
            headers={name.lower(): [_without(secrets, value) for value in headers.getlist(name)] for name in headers},
            body=_without(secrets, response.content.decode("utf-8", "replace")),
        )

    def _secrets(self, request: AWSRequest) -> list[str]:
        """The secrets in `request`, which must not be shown even if the response repeats them."""
        names = {"authorization", "x-amz-security-token", "x-api-key", *(name.lower() for name in self._headers)}
        values = [str(value) for name, value in request.headers.items() if name.lower() in names]
        parts = {part for value in values for part in (value, value.rpartition("Signature=")[2], value.split()[-1])}
        return sorted((part for part in parts if len(part) >= _MIN_SECRET_LENGTH), key=len, reverse=True)

    def _request(self, call: Call) -> AWSRequest:
        # Without a signature, the headers identify the caller.
        headers = dict(self._headers)
        if not self.is_signed and call.authorization is Authorization.NONE:
            headers = {}
        elif not self.is_signed and call.authorization is Authorization.WRONG:
            headers = dict.fromkeys(headers, _WRONG_TOKEN)
        if self._api_key and call.has_api_key:
            headers["x-api-key"] = self._api_key
        body = None
        if call.body is not None:
            body = json.dumps(call.body).encode()
            headers["Content-Type"] = "application/json"
        request = AWSRequest(call.method, self.url + call.path, {**headers, **call.headers}, body)
        if self._credentials and call.authorization is not Authorization.NONE:
            self._sign(request, self._credentials, call.authorization)
        return request

    def _sign(self, request: AWSRequest, own: ReadOnlyCredentials, authorization: Authorization) -> None:
        secret = _WRONG_SECRET if authorization is Authorization.WRONG else own.secret_key
        credentials = Credentials(own.access_key, secret, own.token)
        signer = _ExpiredSigV4Auth if authorization is Authorization.EXPIRED else SigV4Auth
        signer(credentials, SIGNING_NAME, self._region).add_auth(request)


class _ExpiredSigV4Auth(SigV4Auth):  # type: ignore[misc]
    """Signs with a date in the past."""

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = (datetime.now(timezone.utc) - _EXPIRED).strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)


def _reason(error: Exception) -> str:
    """Why there was no response, without the URL that botocore's own message repeats."""
    inner = getattr(error, "kwargs", {}).get("error")
    # urllib3's message starts with the connection object.
    text = _CONNECTION_OBJECT.sub("", str(inner)) if inner is not None else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
