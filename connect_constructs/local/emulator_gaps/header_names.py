"""A REST API keeps the names of headers as the client sent them: the emulator lowers them.

They reach the function and the authorizer like that, and a mapping such as `method.request.header.Origin` finds
nothing where the client, as those of HTTP/2 do, sent `origin` (middyjs/middy#257, a recorded event; CDK's own template
for preflights asks for both). That a gateway response's mapping is as strict as an integration's is a guess.
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
# Of the request that is being answered: the names as they were sent, by their lower case.
_sent_names: ContextVar[Mapping[str, str]] = ContextVar("sent_names", default=MappingProxyType({}))


def close() -> None:
    """Remember the names at the door, and give them back where the emulator makes events and mappings of them."""
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
