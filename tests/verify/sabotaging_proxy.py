"""An HTTP proxy in front of the endpoint that can spoil any response."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.http_server import HttpServer

Headers = tuple[tuple[str, str], ...]

# This proxy writes these itself.
_HOP_BY_HOP = {"connection", "content-length", "date", "server", "transfer-encoding"}


@dataclass(frozen=True)
class Request:
    """A request as received. `path` is relative to the endpoint's URL."""

    method: str
    path: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True)
class Response:
    """A response as sent."""

    status: int
    headers: Headers
    body: bytes

    @property
    def error_type(self) -> str | None:
        try:
            body = json.loads(self.body)
        except ValueError:
            return None
        return body.get("__type") if isinstance(body, dict) else None

    def with_header(self, name: str, *values: str) -> Response:
        """A copy with these values of the header instead of its own."""
        others = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return replace(self, headers=others + tuple((name, value) for value in values))


Forward = Callable[[Request], Response]
Sabotage = Callable[[Request, Forward], Response]


def error(status: int, error_type: str, text: str) -> Response:
    """An error in the form of this library's function."""
    body = json.dumps({"__type": error_type, "message": text, "Message": text}).encode()
    return Response(status, (("x-amzn-ErrorType", error_type), ("x-amzn-RequestId", "sabotage")), body)


class SabotagingProxy(HttpServer):
    """Serves on a free port of 127.0.0.1, as a context manager."""

    def __init__(self, endpoint: str, sabotage: Sabotage) -> None:
        self._target = urlsplit(endpoint)
        self._sabotage = sabotage
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

            def do_POST(self) -> None:
                proxy._serve(self)

            def do_OPTIONS(self) -> None:
                proxy._serve(self)

        super().__init__(Handler)

    @property
    def endpoint(self) -> str:
        return f"{self.url}{self._target.path}"

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        path = handler.path.removeprefix(self._target.path)
        request = Request(handler.command, path, tuple(handler.headers.items()), body)
        response = self._sabotage(request, self._forward)
        handler.send_response_only(response.status)
        for name, value in response.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(response.body)))
        handler.end_headers()
        handler.wfile.write(response.body)

    def _forward(self, request: Request) -> Response:
        connection = http.client.HTTPConnection(self._target.netloc, timeout=30)
        try:
            # Keep the client's Host header, because it is signed.
            connection.putrequest(
                request.method, self._target.path + request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers:
                connection.putheader(name, value)
            connection.endheaders(request.body)
            response = connection.getresponse()
            headers = tuple(header for header in response.getheaders() if header[0].lower() not in _HOP_BY_HOP)
            return Response(response.status, headers, response.read())
        finally:
            connection.close()
