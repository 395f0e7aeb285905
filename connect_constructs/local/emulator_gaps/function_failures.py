"""What a REST API returns when its function is throttled, fails, or returns something malformed.

A throttled function is an INTEGRATION_FAILURE (Stack Overflow 36363280, re:Post QUL-z6rJbmR4meafB7MzYXxw). One that
fails, or whose output does not have the documented format, is a 502 with `Internal server error` and nothing else (API
Gateway Developer Guide, "Lambda proxy integrations": "Output format"), through DEFAULT_5XX (LocalStack's AWS-validated
tests). The emulator passes on the throttle's 429, returns the function's error to the caller, and accepts any output.
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

_MESSAGE = "Internal server error"


class _FunctionError(Exception):
    def __init__(self, response_type: str, status: int | None = None) -> None:
        super().__init__(response_type)
        self.answer = apigateway_v1._GatewayError(response_type, _MESSAGE)
        if status:
            self.answer.status = status


def close() -> None:
    """Respond to these failures as API Gateway does."""
    shape, invoke = apigateway_v1._lambda_proxy_response, apigateway_v1._invoke_lambda_proxy_v1

    def shaped(result: dict[str, Any]) -> Any:
        if result.get("throttle"):
            raise _FunctionError("INTEGRATION_FAILURE")
        if result.get("error") or not _is_proxy_output(result.get("body")):
            raise _FunctionError("DEFAULT_5XX", status=502)
        return shape(result)

    async def invoked(*arguments: Any, **options: Any) -> Any:
        try:
            return await invoke(*arguments, **options)
        except _FunctionError as failure:
            return failure.answer

    apigateway_v1._lambda_proxy_response, apigateway_v1._invoke_lambda_proxy_v1 = shaped, invoked


def _is_proxy_output(output: Any) -> bool:
    return isinstance(output, dict) and "statusCode" in output and isinstance(output.get("body", ""), str)
