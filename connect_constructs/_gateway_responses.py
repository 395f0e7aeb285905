"""API Gateway's own errors in Amazon Connect's format.

All messages are fixed texts, because API Gateway's own messages quote what the caller sent, such as signatures and
paths. The error type is in the body only: if a gateway response sets `x-amzn-ErrorType`, API Gateway sends that header
twice, and SDKs join the two values into an unknown type (smithy-lang/smithy#1170, aws/aws-sdk-js-v3#3852,
localstack/localstack#11142).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from aws_cdk import aws_apigateway as apigateway

_FAULT = "The update could not be made because of a fault in this service."
_RETRY_AFTER_SECONDS = 1


class _Error(NamedTuple):
    # None keeps API Gateway's own status: each of the two defaults covers many errors.
    status: int | None
    type: str
    message: str
    has_retry_after: bool = False


# API Gateway Developer Guide, "Gateway response types for API Gateway". All other types get the message of one of the
# two defaults and keep their status.
_ERRORS = {
    # Denied by IAM, a resource policy or an authorizer.
    "ACCESS_DENIED": _Error(403, "AccessDeniedException", "The caller is not allowed to make this request."),
    "DEFAULT_4XX": _Error(None, "InvalidRequestException", "The request was refused."),
    "DEFAULT_5XX": _Error(None, "InternalServiceException", _FAULT),
    # The function is throttled, and so has not started. Without a status of its own, a customized response would have
    # 504 (re:Post QUL-z6rJbmR4meafB7MzYXxw).
    "INTEGRATION_FAILURE": _Error(503, "InternalServiceException", _FAULT, has_retry_after=True),
    "INTEGRATION_TIMEOUT": _Error(504, "InternalServiceException", "The update took too long, and may yet be made."),
    # API Gateway does not distinguish between the two.
    "MISSING_AUTHENTICATION_TOKEN": _Error(
        403, "MissingAuthenticationTokenException", "The request is not signed, or there is no such path."
    ),
    "REQUEST_TOO_LARGE": _Error(413, "RequestEntityTooLargeException", "The request is too large."),
    "THROTTLED": _Error(429, "ThrottlingException", "Too many requests: try again later.", has_retry_after=True),
    # For a web ACL that is attached to the stage.
    "WAF_FILTERED": _Error(403, "AccessDeniedException", "The request was blocked."),
}
_IAM_ERRORS = {
    "EXPIRED_TOKEN": _Error(403, "ExpiredTokenException", "The security token of the request has expired."),
    "INVALID_SIGNATURE": _Error(
        403,
        "InvalidSignatureException",
        "The signature of the request does not match. Check the secret access key, the Region, the service "
        "(execute-api), and that the path is signed as Signature Version 4 encodes it.",
    ),
}
_AUTHORIZER_ERRORS = {
    "UNAUTHORIZED": _Error(401, "UnauthorizedException", "The request carries no valid token."),
}
_API_KEY_ERRORS = {
    "INVALID_API_KEY": _Error(403, "AccessDeniedException", "The API key is missing or not valid for this endpoint."),
    "QUOTA_EXCEEDED": _Error(
        429, "LimitExceededException", "The quota of the API key is used up.", has_retry_after=True
    ),
}

EXPOSED_HEADERS = ("Retry-After", "x-amzn-ErrorType", "x-amzn-RequestId")


def add_gateway_responses(
    rest_api: apigateway.RestApi, allow_origins: Sequence[str], *, has_authorizer: bool, api_key_required: bool
) -> None:
    """Give a type, a message and CORS headers to each of API Gateway's own errors that can occur on this API.

    :param allow_origins: The origins whose pages may read the errors. If it is empty, there are no CORS headers.
    """
    errors = {
        **_ERRORS,
        **(_AUTHORIZER_ERRORS if has_authorizer else _IAM_ERRORS),
        **(_API_KEY_ERRORS if api_key_required else {}),
    }
    for name, error in errors.items():
        headers = _cors(allow_origins)
        if error.has_retry_after:
            headers["Retry-After"] = _literal(str(_RETRY_AFTER_SECONDS))
        body = {"__type": error.type, "message": error.message, "Message": error.message}
        rest_api.add_gateway_response(
            "".join(word.capitalize() for word in name.split("_")),
            type=apigateway.ResponseType.of(name),
            status_code=None if error.status is None else str(error.status),
            response_headers=headers or None,
            templates={"application/json": json.dumps(body)},
        )


def _cors(allow_origins: Sequence[str]) -> dict[str, str]:
    if not allow_origins:
        return {}
    # A gateway response cannot choose from a list. Nor can it echo the caller's origin: a mapping finds the header only
    # in its own spelling, and over HTTP/2 header names are in lower case. With "*", a page of another origin can read
    # no more than a fixed text, and only for a request that needs no preflight.
    origin = allow_origins[0] if len(allow_origins) == 1 else "*"
    return {
        "Access-Control-Allow-Origin": _literal(origin),
        "Access-Control-Expose-Headers": _literal(",".join(EXPOSED_HEADERS)),
    }


def _literal(value: str) -> str:
    return f"'{value}'"
