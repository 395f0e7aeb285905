"""Serves the in-memory Amazon Connect over HTTP, in Amazon Connect's wire format.

It checks no signatures. A secret in its URL keeps other users of the machine out, and it refuses web pages as the
emulator does.
"""

from __future__ import annotations

import io
import json
import re
import secrets
import socket
import struct
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.amazon_connect import AmazonConnect, ConnectError, error_of
from connect_constructs.local.contract_check import UnreadableBodyError, parse_body
from connect_constructs.local.emulator_gaps.foreign_requests import is_foreign
from connect_constructs.local.faults import ErrorAnswer, Garbage, Hang, Reset

# Operations that create contacts and read them back. They are not part of the contract, so its service model does not
# have their paths.
_BESIDE_THE_CONTRACT = {
    "CreateContact": ("PUT", "/contact/create-contact"),
    "GetContactAttributes": ("GET", "/contact/attributes/{InstanceId}/{InitialContactId}"),
    "DescribeContact": ("GET", "/contacts/{InstanceId}/{ContactId}"),
    "DescribeInstance": ("GET", "/instance/{InstanceId}"),
}

_REFUSAL = ConnectError(
    403,
    "AccessDeniedException",
    "Expected the complete URL of the in-memory Amazon Connect; web pages may not call",
)


class ConnectServer:
    """Serves an AmazonConnect on a free port of 127.0.0.1, as a context manager."""

    def __init__(self, connect: AmazonConnect) -> None:
        self.connect = connect
        self._closing = threading.Event()
        # Binds the port now, so that the URL is known before the first request is served.
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.connect = connect
        self._server.closing = self._closing
        self._server.base_path = f"/{secrets.token_hex(16)}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The endpoint for clients. Whoever knows it has access."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._server.base_path}"

    def __enter__(self) -> ConnectServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Bursts of new connections should hit the quota, not a full backlog.
    request_queue_size = 128
    connect: AmazonConnect
    closing: threading.Event
    # The secret: the prefix of all paths.
    base_path: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about clients that disconnect, as they do in tests of timeouts."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes. Without this, the second waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: the paths contain contact ids."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            length, self.close_connection = "0", True  # the end of the body is unknown
        body = self.rfile.read(int(length))
        path = self._path()
        if path is None or is_foreign(self.headers.items()):
            self._answer_error(_REFUSAL)
            return
        operation, labels = _route(self.command, path)
        if operation is None:
            self._answer_error(ConnectError(404, "UnknownOperationException", "Unknown operation"))
            return
        match self.server.connect.receive(operation):
            case Reset():
                self._reset()
                return
            case Garbage():
                self._answer(200, b"<!-- not JSON -->")
                return
            case ErrorAnswer() as fault:
                self._answer_error(error_of(fault))
                return
            case Hang(seconds) if self.server.closing.wait(seconds):
                self.close_connection = True
                return
        try:
            answer = self.server.connect.perform(operation, {**_body(body), **labels})
        except ConnectError as error:
            self._answer_error(error)
        else:
            self._answer(200, b"" if answer is None else json.dumps(answer).encode())

    def _path(self) -> str | None:
        """The path as in Amazon Connect, or None if it does not start with the secret."""
        base_path, path = self.server.base_path, self.path.partition("?")[0]
        is_known = secrets.compare_digest(path[: len(base_path)].encode(), base_path.encode())
        if not is_known:
            return None
        # Clients double the slash after a path, such as the secret, if their endpoint ends with one. Amazon Connect's
        # own URL has no path.
        return re.sub("^//", "/", path[len(base_path) :])

    def _answer_error(self, error: ConnectError) -> None:
        if error.error_type is None:
            self._answer(error.status, b"")
            return
        body = {"__type": error.error_type, "message": error.message, "Message": error.message}
        self._answer(error.status, json.dumps(body).encode(), {"x-amzn-ErrorType": error.error_type})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        # With a linger time of zero, closing the socket sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        # The base class flushes this after the request, but the socket is gone.
        self.wfile = io.BytesIO()


def _body(body: bytes) -> dict[str, Any]:
    try:
        return parse_body(body)
    except UnreadableBodyError as error:
        raise ConnectError(400, "InvalidRequestException", f"Invalid request: {error}") from None


def _routes() -> list[tuple[str, str, re.Pattern[str]]]:
    contract = {
        name: (operation["http"]["method"], operation["http"]["requestUri"])
        for name, operation in service_model()["operations"].items()
    }
    return [
        (name, method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri)))
        for name, (method, uri) in {**contract, **_BESIDE_THE_CONTRACT}.items()
    ]


def _route(method: str, path: str) -> tuple[str | None, dict[str, str]]:
    for name, expected, pattern in _routes():
        if method == expected and (match := pattern.fullmatch(path)):
            return name, {label: unquote(value) for label, value in match.groupdict().items()}
    return None, {}
