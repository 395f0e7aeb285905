"""Starts the emulator such that its API Gateway sees paths as the real one does: still percent-encoded.

A REST API matches resources against the encoded path, and hands encoded labels to the function. The emulator takes the
decoded path for both, so that an ARN in a path is split at its slashes, and a `%` in a label is decoded twice.
Signatures are not concerned: the emulator checks them against the encoded path.

Run as a file, in place of `python -m ministack`: the emulator's environment does not have connect_constructs.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]
Application = Callable[[Scope, Channel, Channel], Awaitable[None]]

# What comes before the API's own path: /restapis/{id}/{stage}/_user_request_/…
_MARK = b"/_user_request_/"
_HOST = b".execute-api."


def with_encoded_paths(application: Application) -> Application:
    """The ASGI application `application`, told the encoded path of what is called through an API."""

    async def run(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] == "http" and _is_api_call(scope):
            scope = {**scope, "path": scope["raw_path"].decode("ascii")}
        await application(scope, receive, send)

    return run


def _is_api_call(scope: Scope) -> bool:
    return _MARK in scope["raw_path"] or any(name == b"host" and _HOST in value for name, value in scope["headers"])


def _end_with_parent() -> None:
    """End this process and all that it has started when standard input ends: whoever holds it open has been killed."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Serve until stopped, as the emulator's own command does, or until whoever started this is gone."""
    from ministack import app as emulator

    threading.Thread(target=_end_with_parent, daemon=True).start()
    emulator.app = with_encoded_paths(emulator.app)
    emulator.main()


if __name__ == "__main__":
    main()
