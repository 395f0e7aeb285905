"""API Gateway's proxy event → the update that the caller asks for."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

from contact_updates.contract import MAX_NESTING, Operation, operations
from contact_updates.errors import UpdateError
from contact_updates.settings import EndpointSettings
from contact_updates.update import Update, checked_update

_MEDIA_TYPES = ("application/json", "application/x-amz-json-1.1")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# NaN and the infinities are not JSON.
_JSON = json.JSONDecoder(parse_constant=_refuse_constant)

_OPERATIONS = {(operation.http_method, operation.path): operation for operation in operations()}

Event = dict[str, Any]


class Parameters(NamedTuple):
    """What the caller sent, where."""

    body: dict[str, Any]
    labels: dict[str, str]

    def merged(self) -> dict[str, Any]:
        # The body's members come first: an unsafe one is named by its position.
        return {**self.body, **self.labels}


def operation_of(event: Event) -> Operation:
    """The operation that `event` calls. Raises UpdateError (UnknownOperationException)."""
    method, resource = event.get("httpMethod"), event.get("resource")
    if isinstance(method, str) and isinstance(resource, str) and (method, resource) in _OPERATIONS:
        return _OPERATIONS[method, resource]
    raise UpdateError(
        "UnknownOperationException",
        "Expected one of: " + ", ".join(f"{method} {path}" for method, path in _OPERATIONS),
    )


def parameters_of(event: Event, operation: Operation) -> Parameters:
    """The operation's parameters, as the caller sent them. Raises UpdateError."""
    _check_media_type(event)
    return Parameters(body=_body(event), labels=_labels(event, operation))


def update_of(event: Event, operation: Operation, given: Parameters, settings: EndpointSettings) -> Update:
    """The update, if the contract and the endpoint's settings let it pass. Raises UpdateError."""
    misplaced = [
        f"{label}: belongs into the path, not into the body" for label in operation.labels if label in given.body
    ]
    update = checked_update(operation, given.merged(), settings.instance, found=misplaced)
    if settings.allow_origins:
        origin = header_of(event, "origin")
        if origin is not None and not settings.allow_origins & {origin, "*"}:
            # A page can send what needs no preflight, and would not see the answer: the update must not be made.
            raise UpdateError("AccessDeniedException", "Pages of this origin may not call.")
    contacts = _contacts_of_token(event)
    if contacts is not None and update.contact_id not in contacts:
        raise UpdateError("AccessDeniedException", "The caller may not update this contact.")
    if settings.allowed_attributes is not None:
        refused = update.parameters.get("Attributes", {}).keys() - settings.allowed_attributes
        if refused:
            raise UpdateError(
                "AccessDeniedException",
                f"This endpoint does not write {len(refused)} of the attributes that were sent. "
                f"It writes: {', '.join(sorted(settings.allowed_attributes))}.",
            )
    return update


def header_of(event: Event, name: str) -> str | None:
    """The value of a request header, or None. Header names arrive as the caller spelled them."""
    headers = event.get("headers")
    if isinstance(headers, dict):
        for key, value in headers.items():
            if isinstance(key, str) and key.lower() == name and isinstance(value, str):
                return value
    return None


def request_id_of(event: Event, context: Any) -> str | None:
    """API Gateway's id of the request, which the caller gets as x-amzn-RequestId; else the invocation's."""
    request_id = _object(event.get("requestContext")).get("requestId")
    return request_id if isinstance(request_id, str) else getattr(context, "aws_request_id", None)


def extended_request_id_of(event: Event) -> str | None:
    """API Gateway's own id of the request, if any.

    A client can choose the other one, by a UUID in `x-amzn-RequestId`, but not this one (API Gateway Developer Guide,
    "Set up access logging").
    """
    extended_id = _object(event.get("requestContext")).get("extendedRequestId")
    return extended_id if isinstance(extended_id, str) and extended_id else None


def caller_of(event: Event) -> dict[str, str]:
    """The caller, by the identifiers of this closed list that API Gateway gives.

    All users of an identity pool have the same `userArn`, that of the pool's role and the session name
    CognitoIdentityCredentials (Amazon Cognito Developer Guide, "Identity pools authentication flow"; recorded events):
    only `cognitoIdentityId` tells them apart. Nothing is here that may change between the attempts of one call, such as
    the access key of a session or the source address. Callers that do not sign, and have none of these, are one caller.
    """
    request_context = _object(event.get("requestContext"))
    identity, authorizer = _object(request_context.get("identity")), _object(request_context.get("authorizer"))
    parts = {
        # An IAM user, or a role with its session's name.
        "userArn": identity.get("userArn"),
        "cognitoIdentityId": identity.get("cognitoIdentityId"),
        "apiKeyId": identity.get("apiKeyId"),
        # A Lambda authorizer's.
        "principalId": authorizer.get("principalId"),
        # A Cognito user pool's.
        "sub": _object(authorizer.get("claims")).get("sub"),
    }
    return {name: part for name, part in parts.items() if isinstance(part, str) and part}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _contacts_of_token(event: Event) -> frozenset[str] | None:
    """The contacts to which the API's authorizer limits the caller, or None if it does not.

    It says so here because an authorizer never sees the body, where UpdateContactAttributes has its contact.
    """
    context = _object(_object(event.get("requestContext")).get("authorizer"))
    if "contactIds" not in context:
        return None
    return frozenset(contact_id.strip() for contact_id in str(context["contactIds"]).split(","))


def _check_media_type(event: Event) -> None:
    content_type = header_of(event, "content-type")
    # API Gateway takes a missing Content-Type for application/json.
    if content_type is not None and content_type.partition(";")[0].strip().lower() not in _MEDIA_TYPES:
        raise UpdateError(
            "UnsupportedMediaTypeException", f"Expected the Content-Type to be one of: {', '.join(_MEDIA_TYPES)}."
        )


def _labels(event: Event, operation: Operation) -> dict[str, str]:
    """The path's labels, decoded: a REST API hands them over as they stand in the URL."""
    given = _object(event.get("pathParameters"))
    labels = {}
    for name in operation.labels:
        if isinstance(given.get(name), str):
            try:
                labels[name] = unquote_to_bytes(given[name]).decode("utf-8")
            except UnicodeError:
                _reject(f"{name}: expected percent-encoded UTF-8")
    return labels


def _body(event: Event) -> dict[str, Any]:
    text = _body_text(event)
    if not text.strip():
        # R's paws sends no body where no member of it is set.
        return {}
    try:
        body = _JSON.decode(text)
    except RecursionError:
        _reject(f"the body: nested deeper than {MAX_NESTING} levels")
    except ValueError:
        # The parser's own message would quote what it could not read.
        _reject("the body: expected JSON")
    if not isinstance(body, dict):
        _reject("the body: expected a JSON object")
    return body


def _body_text(event: Event) -> str:
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
    # Whatever was being handled may quote the request, and must not travel along.
    raise UpdateError("InvalidRequestException", message) from None
