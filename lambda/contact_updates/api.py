"""The endpoint: answers API Gateway's proxy events."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from contact_updates import log_line
from contact_updates.connect_client import ConnectClient, Trace
from contact_updates.errors import UpdateError, internal_error
from contact_updates.request import (
    caller_of,
    extended_request_id_of,
    header_of,
    operation_of,
    parameters_of,
    request_id_of,
    update_of,
)
from contact_updates.settings import EndpointSettings

if TYPE_CHECKING:
    from contact_updates.update_queue import UpdateQueue

# Connect's quota refills ten times a second.
_RETRY_AFTER_SECONDS = 1

_EXPOSED_HEADERS = "Retry-After,Update-Id,x-amzn-ErrorType,x-amzn-RequestId"

Answer = dict[str, Any]


class Endpoint:
    """Takes one request, and answers when its update has been made in Amazon Connect, or when the queue has it."""

    def __init__(self, settings: EndpointSettings, target: ConnectClient | UpdateQueue) -> None:
        self._settings = settings
        self._target = target

    def __call__(self, event: Any, context: Any) -> Answer:
        """The proxy response to `event`. Never raises: an unexpected fault is an InternalServiceException."""
        started = time.monotonic()
        event = event if isinstance(event, dict) else {}
        request_id = request_id_of(event, context)
        fields: dict[str, Any] = {
            "requestId": log_line.identifier(request_id),
            "extendedRequestId": log_line.identifier(extended_request_id_of(event)),
            "caller": {name: log_line.identifier(part) for name, part in caller_of(event).items()},
            "operation": None,
            "contactId": None,
        }
        trace = Trace()
        error: UpdateError | None = None
        update_id: str | None = None
        try:
            update_id = self._serve(event, context, request_id, fields, trace)
        except UpdateError as known:
            error = known
        except Exception as unexpected:  # Lambda would answer API Gateway with a 502 and log the event's values.
            fields.update(log_line.fault(unexpected))
            error = internal_error()
        answer = self._answer(event, error, update_id)
        if trace.update_id:
            fields["updateId"] = trace.update_id
        fields.update(
            outcome=error.error_type if error else "Accepted" if update_id else "Updated",
            status=answer["statusCode"],
            upstreamRequestId=trace.upstream_request_id,
            upstreamError=trace.upstream_error,
            attempts=trace.attempts,
            durationMs=round((time.monotonic() - started) * 1000, 1),
        )
        log_line.write(fields)
        return answer

    def _serve(
        self, event: dict[str, Any], context: Any, request_id: str | None, fields: dict[str, Any], trace: Trace
    ) -> str | None:
        """Make the update or send it to the queue; its id there. `fields` and `trace` are filled in on the way."""
        operation = operation_of(event)
        fields["operation"] = operation.name
        given = parameters_of(event, operation)
        fields["contactId"] = log_line.contact_id(given.merged().get(operation.contact_member))
        update = update_of(event, operation, given, self._settings)
        if not isinstance(self._target, ConnectClient):
            return self._target.send(update, event, request_id, trace)
        self._target.update(
            update, remaining_seconds=lambda: context.get_remaining_time_in_millis() / 1000, trace=trace
        )
        return None

    def _answer(self, event: dict[str, Any], error: UpdateError | None, update_id: str | None) -> Answer:
        headers = {"Content-Type": "application/json", **self._cors(event)}
        if update_id:
            headers["Update-Id"] = update_id
        if error is None:
            return {"statusCode": 202 if update_id else 200, "headers": headers, "body": "", "isBase64Encoded": False}
        headers["x-amzn-ErrorType"] = error.error_type
        if error.status == 429:
            headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        # Clients read the message under either name, and the type from the header or from `__type`.
        body = {"__type": error.error_type, "message": error.message, "Message": error.message}
        return {"statusCode": error.status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}

    def _cors(self, event: dict[str, Any]) -> dict[str, str]:
        allowed = self._settings.allow_origins
        if not allowed:
            return {}
        if "*" in allowed:
            return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED_HEADERS}
        origin = header_of(event, "origin")
        if origin not in allowed:
            return {"Vary": "Origin"}
        return {
            "Access-Control-Allow-Origin": str(origin),
            "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
            "Vary": "Origin",
        }
