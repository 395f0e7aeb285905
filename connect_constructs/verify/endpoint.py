"""Calls of the endpoint, as they leave this machine, and what comes back, unedited."""

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

# A throttle says nothing about what is verified: others use the endpoint, too.
_MAX_ATTEMPTS = 4
_THROTTLE_WAIT_SECONDS = 2

# A signature is valid for five minutes (IAM User Guide, "AWS Signature Version 4 for API requests").
_EXPIRED = timedelta(hours=1)

# Nobody's secret, and nobody's token.
_WRONG_SECRET = "wrong" * 8
_WRONG_TOKEN = "not-a-token"  # noqa: S105

# What is printed of an answer is only what looks as expected: a faulty answer could repeat the signature.
_NAME = re.compile(r"[A-Za-z0-9_.:/#-]{1,100}\Z")
_MAX_TEXT_LENGTH = 200
_MIN_SECRET_LENGTH = 8

_CONNECTION_OBJECT = re.compile(r"\w+\([^)]*\): ")


class UnreachableError(Exception):
    """No call has had an answer. The message is meant to be shown as it is."""


class Authorization(Enum):
    """With what a call says who the caller is."""

    VALID = "the caller's own"
    NONE = "nothing"
    WRONG = "a wrong secret, or a wrong token"
    EXPIRED = "a signature that is too old"


class Call(NamedTuple):
    """One request. `path` stands behind the endpoint's URL and is sent as it is."""

    path: str
    body: Any = None
    method: str = "POST"
    headers: Mapping[str, str] = {}
    authorization: Authorization = Authorization.VALID
    has_api_key: bool = True


@dataclass(frozen=True)
class Answer:
    """What came back."""

    # 0 where there was no answer: `failure` says why.
    status: int
    # By names in lower case, each occurrence by itself.
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: str = ""
    failure: str | None = None

    @property
    def error_type(self) -> str | None:
        """The body's `__type`."""
        return _plain(self._fields.get("__type"))

    @property
    def error_type_headers(self) -> list[str]:
        """All values of x-amzn-ErrorType. Something on the way may have joined several into one, with commas."""
        values = [part.strip() for value in self.headers.get("x-amzn-errortype", ()) for part in value.split(",")]
        return [_plain(value) or "(unreadable)" for value in values]

    @property
    def text(self) -> str | None:
        """The error's message, if the body has it in the form of this endpoint, whose messages repeat no values.

        API Gateway's own messages have another form, and may quote the signature.
        """
        message = self._fields.get("message")
        if not isinstance(message, str) or message != self._fields.get("Message"):
            return None
        printable = "".join(sign if sign.isprintable() else " " for sign in message)
        return printable if len(printable) <= _MAX_TEXT_LENGTH else f"{printable[:_MAX_TEXT_LENGTH]}…"

    @property
    def request_ids(self) -> list[str]:
        """API Gateway's id of the request."""
        return [_plain(value) or "(unreadable)" for value in self.headers.get("x-amzn-requestid", ())]

    @property
    def update_id(self) -> str | None:
        """What an endpoint with a queue names the update that it has accepted."""
        return _plain(self.header("update-id"))

    def header(self, name: str) -> str | None:
        """The values of the header with this name in lower case, joined; None without it."""
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
    """A deployed endpoint, and a caller who may call it."""

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
        """Prepare it; nothing is sent.

        :param url: With the stage and without a trailing slash.
        :param region: The API's Region, for signatures.
        :param credentials: What calls are signed with. None: they are not signed, and `headers` say who calls.
        :param headers: Sent with each call.
        :param api_key: Sent as x-api-key.
        :param ca_bundle: A file of certificates to trust. Default: botocore's.
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
        """Whether calls carry anything that says who the caller is."""
        return self.is_signed or bool(self._headers)

    @property
    def has_api_key(self) -> bool:
        """Whether calls carry an API key."""
        return self._api_key is not None

    def send(self, call: Call) -> Answer:
        """Make the call; again, for a few seconds, while it is throttled.

        Raises UnreachableError if there is no answer and has never been one.
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
        # botocore's own headers are joined where a name occurs more than once.
        headers, secrets = response.raw.headers, self._secrets(request)
        return Answer(
            status=response.status_code,
            headers={name.lower(): [_without(secrets, value) for value in headers.getlist(name)] for name in headers},
            body=_without(secrets, response.content.decode("utf-8", "replace")),
        )

    def _secrets(self, request: AWSRequest) -> list[str]:
        """What `request` carries that must not be shown, even if the answer repeats it."""
        names = {"authorization", "x-amz-security-token", "x-api-key", *(name.lower() for name in self._headers)}
        values = [str(value) for name, value in request.headers.items() if name.lower() in names]
        parts = {part for value in values for part in (value, value.rpartition("Signature=")[2], value.split()[-1])}
        return sorted((part for part in parts if len(part) >= _MIN_SECRET_LENGTH), key=len, reverse=True)

    def _request(self, call: Call) -> AWSRequest:
        # A signature does without the other headers; where there is none, they are what says who the caller is.
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
    """Signs as somebody did some time ago."""

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = (datetime.now(timezone.utc) - _EXPIRED).strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)


def _reason(error: Exception) -> str:
    """Why there was no answer, without the URL, which botocore's own text repeats."""
    inner = getattr(error, "kwargs", {}).get("error")
    # urllib3 begins with the connection object.
    text = _CONNECTION_OBJECT.sub("", str(inner)) if inner is not None else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
