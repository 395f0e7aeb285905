"""A REST API keeps header names as the client sent them. The emulator lower-cases them.

The function and the authorizer see them unchanged, and a mapping such as `method.request.header.Origin` finds nothing
if the client sent `origin`, as HTTP/2 clients do (middyjs/middy#257, a recorded event; CDK's own preflight template
looks for both). That the mappings of gateway responses are as strict as those of integrations is a guess.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from hypercorn.config import Config
from ministack import app as emulator
from ministack.services import apigateway_v1

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]

_REQUEST_HEADER = "method.request.header."
# The header names of the current request as they were sent, by lower-case name.
_sent_names: ContextVar[Mapping[str, str]] = ContextVar("sent_names", default=MappingProxyType({}))


def close() -> None:
    """Remember the names of each request, and restore them in events and mappings."""
    Config.h11_pass_raw_headers = True
    _remember_names()
    _rename(apigateway_v1, "_build_lambda_event_v1", _event_as_sent)
    _map_as_sent()
    invoke_authorizer = apigateway_v1._invoke_authorizer_lambda

    async def invoke(authorizer: Any, event: dict[str, Any], *arguments: Any) -> Any:
        return await invoke_authorizer(authorizer, _event_as_sent(event), *arguments)

    apigateway_v1._invoke_authorizer_lambda = invoke


def _remember_names() -> None:
    application = emulator.app

    async def run(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] == "http":
            sent = scope["headers"]
            _sent_names.set({name.decode("latin-1").lower(): name.decode("latin-1") for name, _ in sent})
            scope = {**scope, "headers": [(name.lower(), value) for name, value in sent]}
        await application(scope, receive, send)

    emulator.app = run


def _rename(module: Any, name: str, change: Callable[[Any], Any]) -> None:
    original = getattr(module, name)

    def changed(*arguments: Any, **options: Any) -> Any:
        return change(original(*arguments, **options))

    setattr(module, name, changed)


def _event_as_sent(event: dict[str, Any]) -> dict[str, Any]:
    sent = _sent_names.get()
    renamed = {
        part: {sent.get(name, name): value for name, value in event[part].items()}
        for part in ("headers", "multiValueHeaders")
        if event.get(part)
    }
    return {**event, **renamed}


def _map_as_sent() -> None:
    value_of = apigateway_v1._gateway_request_value

    def value_as_sent(source: str, request: dict[str, Any]) -> Any:
        name = source.removeprefix(_REQUEST_HEADER)
        if name != source and _sent_names.get().get(name.lower(), name) != name:
            return None
        return value_of(source, request)

    apigateway_v1._gateway_request_value = value_as_sent
