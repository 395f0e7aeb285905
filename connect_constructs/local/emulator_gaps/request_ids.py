"""A request's two ids, one of which a client can set, and the headers that API Gateway keeps for itself.

`requestId` is the caller's `x-amzn-RequestId` if that is a UUID. Any other value is replaced by a UUID that ends with
`_REPLACED_INVALID_REQUEST_ID` in the access log (API Gateway Developer Guide, "Access logging for REST APIs"); that the
function also sees the replacement is a guess. Nobody can set `extendedRequestId`, which is the response's
`x-amz-apigw-id`. A function's own `x-amzn-RequestId`, Date, Server and the like are returned as `x-amzn-Remapped-…`
(same guide, "Amazon API Gateway important notes"). The emulator makes three ids, all different.
"""

from __future__ import annotations

import base64
import os
import re
import uuid
from contextvars import ContextVar
from typing import Any, NamedTuple

from ministack.services import apigateway_v1

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REMAPPED = frozenset({"connection", "content-length", "date", "server", "www-authenticate", "x-amzn-requestid"})


class _Ids(NamedTuple):
    request: str
    extended: str


_ids: ContextVar[_Ids] = ContextVar("ids")


def close() -> None:
    """Use the same two ids in the event, in gateway responses and in the response."""
    handle, execute = apigateway_v1.handle_execute, apigateway_v1._execute_in_scope
    build_event, invoke = apigateway_v1._build_lambda_event_v1, apigateway_v1._invoke_lambda_proxy_v1

    async def handled(
        api_id: str, stage: str, method: str, path: str, headers: dict[str, str], *arguments: Any
    ) -> tuple[int, dict[str, Any], bytes]:
        ids = _Ids(_request_id(headers.get("x-amzn-requestid")), _extended_request_id())
        _ids.set(ids)
        status, answered, body = await handle(api_id, stage, method, path, headers, *arguments)
        # The emulator adds its own id unless it finds exactly this name.
        return status, {**answered, "x-amzn-requestid": ids.request, "x-amz-apigw-id": ids.extended}, body

    async def executed(request: dict[str, Any], *arguments: Any) -> Any:
        request["request_id"] = _ids.get().request
        return await execute(request, *arguments)

    def built(*arguments: Any, **options: Any) -> Any:
        event = build_event(*arguments, **options)
        ids = _ids.get()
        event["requestContext"] |= {"requestId": ids.request, "extendedRequestId": ids.extended}
        return event

    async def invoked(*arguments: Any, **options: Any) -> Any:
        answer = await invoke(*arguments, **options)
        if not isinstance(answer, tuple):
            return answer
        status, headers, body = answer
        return status, {_remapped(name): value for name, value in headers.items()}, body

    apigateway_v1.handle_execute, apigateway_v1._execute_in_scope = handled, executed
    apigateway_v1._build_lambda_event_v1, apigateway_v1._invoke_lambda_proxy_v1 = built, invoked


def _request_id(sent: str | None) -> str:
    if sent is None:
        return str(uuid.uuid4())
    return sent if _UUID.fullmatch(sent) else f"{uuid.uuid4()}_REPLACED_INVALID_REQUEST_ID"


def _extended_request_id() -> str:
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


def _remapped(name: str) -> str:
    return f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name
