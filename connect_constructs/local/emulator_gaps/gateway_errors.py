"""API Gateway's own errors: their types, which a gateway response cannot replace, and their statuses.

- A gateway response's `x-amzn-ErrorType` does not replace API Gateway's own: both are sent, the custom one first
  (smithy#1170, smithy PR 1934, aws-sdk-js-v3 PR 3852 with curl's output, localstack PR 11142). The emulator sends one.
- Each error has its own type. Sources of the types that the emulator lacks: re:Post knowledge centre, "How do I
  troubleshoot HTTP 403 errors from API Gateway?" (ForbiddenException); responses recorded in public repositories
  (ForbiddenException, LimitExceededException, InternalServerErrorException); LocalStack's AWS-validated tests
  (UNSUPPORTED_MEDIA_TYPE: BadRequestException).
- A status set for DEFAULT_4XX or DEFAULT_5XX applies to all of their types (API Gateway Developer Guide, "Gateway
  response types").
- INTEGRATION_FAILURE has status 500 unless it is customised, although 504 is documented (re:Post
  QUL-z6rJbmR4meafB7MzYXxw).
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

_HEADER = "x-amzn-errortype"

_TYPES = {
    "EXPIRED_TOKEN": "ExpiredTokenException",
    "INTEGRATION_FAILURE": "InternalServerErrorException",
    "INTEGRATION_TIMEOUT": "InternalServerErrorException",
    "INVALID_API_KEY": "ForbiddenException",
    "INVALID_SIGNATURE": "InvalidSignatureException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "UNSUPPORTED_MEDIA_TYPE": "BadRequestException",
    "WAF_FILTERED": "ForbiddenException",
    # Guesses: no recorded response was found.
    "REQUEST_TOO_LARGE": "RequestEntityTooLargeException",
    "RESOURCE_NOT_FOUND": "NotFoundException",
}


def close() -> None:
    """Send these types and statuses."""
    apigateway_v1._GATEWAY_RESPONSE_ERROR_TYPES.update(_TYPES)
    _inherit_status()
    render = apigateway_v1._gateway_error_response

    def rendered(error: Any, request: dict[str, Any]) -> tuple[int, dict[str, Any], bytes]:
        status, headers, body = render(error, request)
        customised = _customised(request)
        response = apigateway_v1._gateway_response_for_type(customised, error.response_type)
        own = error.error_type or apigateway_v1._GATEWAY_RESPONSE_ERROR_TYPES.get(error.response_type)
        sources = response.get("responseParameters", {}).items()
        custom = [
            apigateway_v1._gateway_request_value(source, request)
            for name, source in sources
            if name.lower() == f"gatewayresponse.header.{_HEADER}"
        ]
        headers = {name: value for name, value in headers.items() if name.lower() != _HEADER}
        headers["x-amzn-ErrorType"] = [value for value in (*custom, own) if value]
        return _status(status, error, response, customised), headers, body

    apigateway_v1._gateway_error_response = rendered


def _customised(request: dict[str, Any]) -> dict[str, Any]:
    """The gateway responses as the stage's deployment has them."""
    deployed = apigateway_v1._deployed_gateway_responses.get(request["api_id"], {})
    responses: dict[str, Any] = deployed.get(request["stage"].get("deploymentId"), {})
    return responses


def _status(status: int, error: Any, response: dict[str, Any], customised: dict[str, Any]) -> int:
    if error.response_type == "INTEGRATION_FAILURE" and "INTEGRATION_FAILURE" not in customised:
        return int(customised.get("DEFAULT_5XX", {}).get("statusCode", 500))
    if "statusCode" not in response:
        # The two defaults have no status of their own.
        return getattr(error, "status", status)
    return status


def _inherit_status() -> None:
    response_for = apigateway_v1._gateway_response_for_type

    def with_status(customised: dict[str, Any], response_type: str) -> Any:
        response = response_for(customised, response_type)
        default = customised.get(apigateway_v1._gateway_response_family(response_type), {})
        if response_type not in customised and "statusCode" in default:
            return {**response, "statusCode": default["statusCode"]}
        return response

    apigateway_v1._gateway_response_for_type = with_status
