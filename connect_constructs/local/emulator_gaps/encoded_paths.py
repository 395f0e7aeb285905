"""API Gateway sees paths as they were sent: still percent-encoded.

A REST API matches resources against the encoded path, and passes encoded path parameters to the function. The emulator
uses the decoded path for both, so that an ARN in a path is split at its slashes, and a `%` in a parameter is decoded
twice. Signatures are not affected: the emulator checks them against the encoded path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app as emulator

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]
Application = Callable[[Scope, Channel, Channel], Awaitable[None]]

# Precedes the API's own path: /restapis/{id}/{stage}/_user_request_/…
_MARK = b"/_user_request_/"
_HOST = b".execute-api."


def close() -> None:
    """Give the emulator the encoded path of each request to an API."""
    application: Application = emulator.app

    async def run(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] == "http" and _is_api_call(scope):
            scope = {**scope, "path": scope["raw_path"].decode("ascii")}
        await application(scope, receive, send)

    emulator.app = run


def _is_api_call(scope: Scope) -> bool:
    return _MARK in scope["raw_path"] or any(
        name.lower() == b"host" and _HOST in value for name, value in scope["headers"]
    )
