"""A request to the endpoint, read from API Gateway's proxy event."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from typing import Any, NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

from contact_updates import log_line
from contact_updates.contract import MAX_NESTING, Operation, operations
from contact_updates.outcome import UpdateError

_MEDIA_TYPES = ("application/json", "application/x-amz-json-1.1")

# Headers that stay the same when a client retries a call, in order of precedence: the common one, and the AWS SDKs'.
_CALL_HEADERS = ("idempotency-key", "amz-sdk-invocation-id")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# NaN and the infinities are not JSON.
_JSON = json.JSONDecoder(parse_constant=_refuse_constant)

_OPERATIONS = {(operation.http_method, operation.path): operation for operation in operations()}


class Parameters(NamedTuple):
    """The operation's parameters as the caller sent them, not yet checked."""

    values: dict[str, Any]
    # What is already known to be wrong: labels of the path that are in the body.
    violations: list[str]


class Request:
    """One request.

    If it is malformed, `operation`, `parameters` or `contact_id` raises UpdateError when read. The log line can have
    everything else.
    """

    def __init__(self, event: Any, context: Any) -> None:
        """`event` is API Gateway's, and can be anything. `context` is Lambda's."""
        self._event: dict[str, Any] = _object(event)
        self._headers = _object(self._event.get("headers"))
        self._context = _object(self._event.get("requestContext"))
        self._authorizer = _object(self._context.get("authorizer"))
        request_id, extended_id = self._context.get("requestId"), self._context.get("extendedRequestId")
        # API Gateway's id, which the caller gets as x-amzn-RequestId. Default: the id of the invocation.
        self.id: str | None = request_id if isinstance(request_id, str) else getattr(context, "aws_request_id", None)
        # API Gateway's own id. A client can choose the other one, with a UUID in `x-amzn-RequestId`, but not this one
        # (API Gateway Developer Guide, "Set up access logging").
        self.extended_id = extended_id if isinstance(extended_id, str) and extended_id else None
        self.trace_header = log_line.own_trace_header()
        self.caller = self._caller()
        self._operation = _operation(self._event)
        self._parameters: Parameters | None = None

    def _caller(self) -> dict[str, str]:
        """The identifiers of the caller.

        All users of an identity pool share one `userArn`, with the pool's role and the session name
        CognitoIdentityCredentials (Amazon Cognito Developer Guide, "Identity pools authentication flow"; recorded
        events): only `cognitoIdentityId` tells them apart. Nothing here may change between the attempts of one call, as
        a session's access key or the source address can. Callers without any identifier count as one caller.
        """
        identity = _object(self._context.get("identity"))
        parts = {
            # An IAM user, or a role with its session name.
            "userArn": identity.get("userArn"),
            "cognitoIdentityId": identity.get("cognitoIdentityId"),
            "apiKeyId": identity.get("apiKeyId"),
            # From a Lambda authorizer.
            "principalId": self._authorizer.get("principalId"),
            # From a Cognito user pool.
            "sub": _object(self._authorizer.get("claims")).get("sub"),
        }
        return {name: part for name, part in parts.items() if isinstance(part, str) and part}

    @property
    def origin(self) -> str | None:
        """The origin of the calling page, if the caller is a page."""
        return self._header("origin")

    @property
    def named_call(self) -> str | None:
        """The client's id of the call, which is the same for each attempt. None if the client names none."""
        return next((value for name in _CALL_HEADERS if (value := self._header(name))), None)

    @property
    def own_call(self) -> str:
        """The id of the call if the client names none: the request's own, because each request is a call of its own."""
        return self.extended_id or self.id or str(uuid.uuid4())

    @property
    def allowed_contacts(self) -> frozenset[str] | None:
        """The contacts to which the API's authorizer limits the caller, or None.

        The authorizer cannot check this itself: it never sees the body, where UpdateContactAttributes has the contact.
        """
        if "contactIds" not in self._authorizer:
            return None
        return frozenset(contact_id.strip() for contact_id in str(self._authorizer["contactIds"]).split(","))

    def allowed_names(self, context_key: str) -> frozenset[str] | None:
        """The names in the authorizer's context to which it limits the caller, or None if it has no such key.

        Raises UpdateError if they are not text. API Gateway passes a number or a boolean on as text.
        """
        if context_key not in self._authorizer:
            return None
        names = self._authorizer[context_key]
        if not isinstance(names, str):
            raise UpdateError("AccessDeniedException", f"The authorizer's {context_key} is not text.")
        return frozenset(name.strip() for name in names.split(","))

    @property
    def operation(self) -> Operation:
        """The operation that is called."""
        if self._operation:
            return self._operation
        raise UpdateError(
            "UnknownOperationException",
            "Expected one of: " + ", ".join(f"{method} {path}" for method, path in _OPERATIONS),
        )

    @property
    def parameters(self) -> Parameters:
        """The parameters, from the body and the path."""
        if self._parameters is None:
            self._check_media_type()
            operation, body = self.operation, _body(self._event)
            # Body first: unsafe members are named by their position in it.
            values = {**body, **_labels(self._event, operation)}
            misplaced = [
                f"{label}: belongs in the path, not in the body" for label in operation.labels if label in body
            ]
            self._parameters = Parameters(values, misplaced)
        return self._parameters

    @property
    def contact_id(self) -> Any:
        """The contact id, not yet checked."""
        return self.parameters.values.get(self.operation.contact_member)

    def _header(self, name: str) -> str | None:
        """The value of a header. `name` is in lower case; callers can spell it in any way."""
        for key, value in self._headers.items():
            if isinstance(key, str) and key.lower() == name and isinstance(value, str):
                return value
        return None

    def _check_media_type(self) -> None:
        content_type = self._header("content-type")
        # API Gateway treats a missing Content-Type as application/json.
        if content_type is not None and content_type.partition(";")[0].strip().lower() not in _MEDIA_TYPES:
            raise UpdateError(
                "UnsupportedMediaTypeException", f"Expected the Content-Type to be one of: {', '.join(_MEDIA_TYPES)}."
            )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _operation(event: dict[str, Any]) -> Operation | None:
    method, resource = event.get("httpMethod"), event.get("resource")
    if isinstance(method, str) and isinstance(resource, str):
        return _OPERATIONS.get((method, resource))
    return None


def _labels(event: dict[str, Any], operation: Operation) -> dict[str, str]:
    """The path's labels, decoded. A REST API passes them on as they are in the URL."""
    given = _object(event.get("pathParameters"))
    labels = {}
    for name in operation.labels:
        if isinstance(given.get(name), str):
            try:
                labels[name] = unquote_to_bytes(given[name]).decode("utf-8")
            except UnicodeError:
                _reject(f"{name}: expected percent-encoded UTF-8")
    return labels


def _body(event: dict[str, Any]) -> dict[str, Any]:
    text = _body_text(event)
    if not text.strip():
        # R's paws sends no body if no member of it is set.
        return {}
    try:
        body = _JSON.decode(text)
    except RecursionError:
        _reject(f"the body: nested deeper than {MAX_NESTING} levels")
    except ValueError:
        # The parser's own message would quote the body.
        _reject("the body: expected JSON")
    if not isinstance(body, dict):
        _reject("the body: expected a JSON object")
    return body


def _body_text(event: dict[str, Any]) -> str:
    body = event.get("body")
    if body is None:
        return ""
    if not isinstance(body, str):
        _reject("the body: expected text")
    if event.get("isBase64Encoded") is not True:
        return body
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        _reject("the body: expected UTF-8")


def _reject(message: str) -> NoReturn:
    # The exception being handled may quote the request, and must not be chained.
    raise UpdateError("InvalidRequestException", message) from None
