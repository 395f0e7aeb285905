"""API Gateway's own errors in Amazon Connect's form.

Every text is fixed: API Gateway's own messages quote what the caller sent, its signature and paths among them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from aws_cdk import aws_apigateway as apigateway

_FAULT = "The update could not be made because of a fault in this service."
_BUSY = "Too many requests: try again later."
_RETRY_AFTER_SECONDS = 1


class _Error(NamedTuple):
    status: int
    type: str
    message: str


# API Gateway Developer Guide, "Gateway response types for API Gateway". The statuses are API Gateway's defaults.
_ERRORS = {
    "ACCESS_DENIED": _Error(403, "AccessDeniedException", "The caller is not allowed to make this request."),
    "API_CONFIGURATION_ERROR": _Error(500, "InternalServiceException", _FAULT),
    "AUTHORIZER_CONFIGURATION_ERROR": _Error(500, "InternalServiceException", _FAULT),
    "AUTHORIZER_FAILURE": _Error(500, "InternalServiceException", _FAULT),
    "BAD_REQUEST_BODY": _Error(
        400, "InvalidRequestException", "Expected the body to be a JSON object with all required members."
    ),
    "BAD_REQUEST_PARAMETERS": _Error(400, "InvalidRequestException", "A parameter of the request is missing."),
    "DEFAULT_4XX": _Error(400, "InvalidRequestException", "The request was refused."),
    "DEFAULT_5XX": _Error(500, "InternalServiceException", _FAULT),
    "EXPIRED_TOKEN": _Error(403, "ExpiredTokenException", "The security token of the request has expired."),
    "INTEGRATION_FAILURE": _Error(504, "InternalServiceException", _FAULT),
    "INTEGRATION_TIMEOUT": _Error(504, "InternalServiceException", "The update took too long, and may yet be made."),
    "INVALID_API_KEY": _Error(403, "AccessDeniedException", "The API key is missing or not valid for this endpoint."),
    "INVALID_SIGNATURE": _Error(
        403, "InvalidSignatureException", "The signature does not match: sign for the service execute-api."
    ),
    # API Gateway answers both alike.
    "MISSING_AUTHENTICATION_TOKEN": _Error(
        403, "MissingAuthenticationTokenException", "The request is not signed, or there is no such path."
    ),
    "QUOTA_EXCEEDED": _Error(429, "LimitExceededException", "The quota of the API key is used up."),
    "REQUEST_TOO_LARGE": _Error(413, "RequestEntityTooLargeException", "The request is too large."),
    "RESOURCE_NOT_FOUND": _Error(404, "UnknownOperationException", "There is no such path."),
    "THROTTLED": _Error(429, "ThrottlingException", _BUSY),
    "UNAUTHORIZED": _Error(401, "UnauthorizedException", "The request carries no valid token."),
    "UNSUPPORTED_MEDIA_TYPE": _Error(
        415, "UnsupportedMediaTypeException", "Expected the Content-Type application/json."
    ),
    "WAF_FILTERED": _Error(403, "AccessDeniedException", "The request was blocked."),
}

EXPOSED_HEADERS = ("Retry-After", "x-amzn-ErrorType", "x-amzn-RequestId")


def add_gateway_responses(rest_api: apigateway.RestApi, allow_origins: Sequence[str]) -> None:
    """Give each of API Gateway's own errors status, type, message and, with `allow_origins`, CORS headers."""
    for name, error in _ERRORS.items():
        headers = {"x-amzn-ErrorType": _literal(error.type), **_cors(allow_origins)}
        if error.status == 429:
            headers["Retry-After"] = _literal(str(_RETRY_AFTER_SECONDS))
        body = {"__type": error.type, "message": error.message, "Message": error.message}
        rest_api.add_gateway_response(
            "".join(word.capitalize() for word in name.split("_")),
            type=apigateway.ResponseType.of(name),
            # The two defaults stand for many errors, each with a status of its own.
            status_code=None if name.startswith("DEFAULT") else str(error.status),
            response_headers=headers,
            templates={"application/json": json.dumps(body)},
        )


def _cors(allow_origins: Sequence[str]) -> dict[str, str]:
    if not allow_origins:
        return {}
    headers = {"Access-Control-Expose-Headers": _literal(",".join(EXPOSED_HEADERS))}
    if len(allow_origins) == 1:
        headers["Access-Control-Allow-Origin"] = _literal(allow_origins[0])
    else:
        # A gateway response cannot choose from a list: its template is not evaluated. It repeats the caller's origin.
        # What a page of another origin can read by that is the fixed text of a refusal, and only of a request that
        # needs no preflight.
        headers["Access-Control-Allow-Origin"] = "method.request.header.Origin"
        headers["Vary"] = _literal("Origin")
    return headers


def _literal(value: str) -> str:
    return f"'{value}'"
