"""The endpoint: answers API Gateway's proxy events."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from contact_updates import log_line
from contact_updates.endpoint.request import Request
from contact_updates.outcome import Accepted, Applied, Trace, UpdateError, internal_error
from contact_updates.settings import EndpointSettings
from contact_updates.update import Update, checked_update

if TYPE_CHECKING:
    # A function loads only the one that it uses.
    from contact_updates.connect_target import ConnectTarget
    from contact_updates.endpoint.queue_target import QueueTarget

# Amazon Connect's quota refills ten times a second.
_RETRY_AFTER_SECONDS = 1

_EXPOSED_HEADERS = "Retry-After,Update-Id,x-amzn-ErrorType,x-amzn-RequestId"

Headers = dict[str, str]
Answer = dict[str, Any]


class Endpoint:
    """Answers a request once Amazon Connect has applied its update, or once the queue has it."""

    def __init__(self, settings: EndpointSettings, target: ConnectTarget | QueueTarget) -> None:
        self._settings = settings
        self._target = target

    def __call__(self, event: Any, context: Any) -> Answer:
        """Return the proxy response to `event`. Never raises: an unexpected fault is an InternalServiceException."""
        started = time.monotonic()
        request = Request(event, context)
        operation = contact_id = None
        result: Applied | Accepted | UpdateError
        try:
            operation = request.operation.name
            contact_id = log_line.contact_id(request.contact_id)
            update = permitted_update(request, self._settings)
            result = self._target.apply(update, lambda: context.get_remaining_time_in_millis() / 1000, request)
            headers, body = _confirmation(result)
        except UpdateError as error:
            result = error
            headers, body = _error(error)
        except Exception as unexpected:  # Otherwise the caller gets a 502, and Lambda logs the request's values.
            result = internal_error(Trace(unexpected=unexpected))
            headers, body = _error(result)
        trace = result.trace
        log_line.write_update(
            {
                "requestId": log_line.identifier(request.id),
                "extendedRequestId": log_line.identifier(request.extended_id),
                "caller": {name: log_line.identifier(part) for name, part in request.caller.items()},
                "operation": operation,
                "contactId": contact_id,
                **trace.fault(),
                **({"updateId": trace.update_id} if trace.update_id else {}),
                **log_line.trace_id(request.trace_header),
                "outcome": result.outcome,
                "status": result.status,
                **trace.fields(),
                "durationMs": round((time.monotonic() - started) * 1000, 1),
            },
            trace.metrics(),
        )
        headers = {"Content-Type": "application/json", **self._cors(request), **headers}
        return {"statusCode": result.status, "headers": headers, "body": body, "isBase64Encoded": False}

    def _cors(self, request: Request) -> Headers:
        allowed = self._settings.allow_origins
        if not allowed:
            return {}
        if "*" in allowed:
            return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED_HEADERS}
        origin = request.origin
        if origin is None or origin not in allowed:
            return {"Vary": "Origin"}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
            "Vary": "Origin",
        }


def permitted_update(request: Request, settings: EndpointSettings) -> Update:
    """The update that `request` asks for, if it meets the contract and the settings. Raises UpdateError."""
    given = request.parameters
    update = checked_update(request.operation, given.values, settings.instance, found=given.violations)
    if settings.allow_origins:
        origin = request.origin
        if origin is not None and not settings.allow_origins & {origin, "*"}:
            # CORS alone does not stop requests without a preflight: the page could send the update all the same.
            raise UpdateError("AccessDeniedException", "Pages from this origin may not call this endpoint.")
    contacts = request.allowed_contacts
    if contacts is not None and update.contact_id not in contacts:
        raise UpdateError("AccessDeniedException", "The caller may not update this contact.")
    if "Attributes" in update.parameters:
        own, callers = settings.allowed_attributes, request.allowed_names("allowedAttributes")
    else:
        own, callers = settings.allowed_members, request.allowed_names("allowedMembers")
    if own is not None or callers is not None:
        # Imported here, because most endpoints limit nothing.
        from contact_updates.endpoint.allowed_names import check_names

        check_names(update, [names for names in (own, callers) if names is not None])
    return update


def _confirmation(result: Applied | Accepted) -> tuple[Headers, str]:
    update_id = result.trace.update_id
    return ({"Update-Id": update_id} if update_id else {}), ""


def _error(error: UpdateError) -> tuple[Headers, str]:
    headers = {"x-amzn-ErrorType": error.error_type}
    if error.status == 429:
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    # Clients read the message under either name, and the type from the header or `__type`.
    return headers, json.dumps({"__type": error.error_type, "message": error.message, "Message": error.message})
