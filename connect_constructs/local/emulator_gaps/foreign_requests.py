"""Refuse requests that a web page can send. The emulator answers them, with `Access-Control-Allow-Origin: *`.

A page cannot sign (see `signatures`), and requests that AWS accepts unsigned are not for pages either. A browser states
where a request comes from (Fetch Standard, "Origin header"; Fetch Metadata Request Headers, "Sec-Fetch-Site"), and AWS
clients do not. DNS rebinding, where another name resolves to the loopback interface, shows in `Host`. Deployed APIs and
function URLs answer everybody: they decide for themselves who may call, and from which pages.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|[a-z0-9.-]+\.localhost|\[::1\])(?::\d+)?\Z", re.IGNORECASE)

_BODY = b"Refused: this request comes from a web page, or is for another host."


def is_foreign(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a request with these headers may come from a web page, or was meant for another host."""
    sent = {name.lower(): value for name, value in headers}
    if "origin" in sent or sent.get("sec-fetch-site", "none") != "none":
        return True
    return not _LOOPBACK.match(sent.get("host", ""))


def close() -> None:
    """Refuse such requests everywhere except at deployed APIs."""
    from ministack import app as emulator
    from signatures import is_of_the_app

    application = emulator.app

    async def run(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
            if is_foreign(headers) and not is_of_the_app(scope):
                await _refuse(scope["type"], send)
                return
        await application(scope, receive, send)

    emulator.app = run


async def _refuse(kind: str, send: Channel) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_BODY)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})
