"""Refuse what another site's web page can send. The emulator answers it, with `Access-Control-Allow-Origin: *`.

The emulator takes its root's key with any signature, and creates and invokes functions. So any page that a developer
opens while the local AWS runs could run code as the developer. A browser says where a request comes from (Fetch
Standard, "Origin header"; Fetch Metadata Request Headers, "Sec-Fetch-Site"), and no client of AWS does. A name that
leads to the loopback interface by DNS rebinding shows in `Host`. Deployed APIs answer everybody: who may call them, and
from which pages, is for them to decide.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|[a-z0-9.-]+\.localhost|\[::1\])(?::\d+)?\Z", re.IGNORECASE)

# A deployed API: /restapis/{id}/{stage}/_user_request_/…, or a host of its own.
_API_PATH = re.compile(rb"/restapis/[^/]+/[^/]+/_user_request_(?:/|\Z)")
_API_HOST = re.compile(r"[a-z0-9-]+\.execute-api\.", re.IGNORECASE)
# The emulator's own paths, at any host.
_OWN_PATHS = (b"/_", b"/health")

_BODY = b"Refused: this request comes from a web page, or is for another host."


def is_foreign(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a request with these headers may come from a web page, or was meant for a name of somebody else's."""
    sent = {name.lower(): value for name, value in headers}
    if "origin" in sent or sent.get("sec-fetch-site", "none") != "none":
        return True
    return not _LOOPBACK.match(sent.get("host", ""))


def close() -> None:
    """Refuse such requests everywhere but at deployed APIs."""
    from ministack import app as emulator

    application = emulator.app

    async def run(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
            if not _is_of_an_api(scope["raw_path"], headers) and is_foreign(headers):
                await _refuse(scope["type"], send)
                return
        await application(scope, receive, send)

    emulator.app = run


def _is_of_an_api(raw_path: bytes, headers: list[tuple[str, str]]) -> bool:
    if _API_PATH.match(raw_path):
        return True
    host = next((value for name, value in headers if name.lower() == "host"), "")
    return bool(_API_HOST.match(host)) and not raw_path.startswith(_OWN_PATHS)


async def _refuse(kind: str, send: Channel) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_BODY)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})
