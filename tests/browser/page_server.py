"""Serves the example's page under two host names, and so from two origins."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.http_server import HttpServer


class PageServer(HttpServer):
    """Serves a folder on a free port of 127.0.0.1. A context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(partial(_Handler, directory=str(folder)))

    @property
    def origin(self) -> str:
        """The origin that the endpoints allow."""
        return f"http://localhost:{self.port}"

    @property
    def other_origin(self) -> str:
        """An origin that the endpoints do not allow."""
        return f"http://127.0.0.1:{self.port}"


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""
