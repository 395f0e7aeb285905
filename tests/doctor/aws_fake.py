"""A fake of AWS services, for answers that neither the emulator nor the in-memory Amazon Connect gives."""

from __future__ import annotations

import json
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from botocore.validate import validate_parameters

from tests.http_server import HttpServer

_PATHS = {"/2016-08-19/account-settings": "GetAccountSettings", "/instance/": "DescribeInstance"}
_SERVICES = {
    "GetAccountSettings": "lambda",
    "DescribeInstance": "connect",
    "GetServiceQuota": "service-quotas",
    "GetAWSDefaultServiceQuota": "service-quotas",
}


class AwsFake(HttpServer):
    """Serves answers on a free port of 127.0.0.1. Operations without an answer fail. A context manager."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._answers: dict[str, tuple[int, dict[str, Any]]] = {}
        super().__init__(type("Handler", (_Handler,), {"fake": self}))

    def answer(self, operation: str, output: dict[str, Any]) -> None:
        """Make `operation` succeed. Raises ParamValidationError if the output does not match botocore's model."""
        model = botocore.session.get_session().get_service_model(_SERVICES[operation])
        validate_parameters(output, model.operation_model(operation).output_shape)
        self._answers[operation] = 200, output

    def refuse(self, operation: str, status: int, error_type: str, message: str = "no") -> None:
        """Make `operation` fail."""
        self._answers[operation] = status, {"__type": error_type, "message": message}

    def _respond(self, operation: str) -> tuple[int, dict[str, Any]]:
        self.calls[operation] += 1
        return self._answers.get(operation, (500, {"__type": "InternalFailure", "message": "no answer is set"}))


class _Handler(BaseHTTPRequestHandler):
    fake: AwsFake

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        action = parse_qs(sent).get("Action", [""])[0]  # of STS, which uses XML
        target = action or self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        operation = target or next((name for path, name in _PATHS.items() if self.path.startswith(path)), "")
        status, output = self.fake._respond(operation)
        body = (_xml_error(output) if action else json.dumps(output)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status >= 400:
            self.send_header("x-amzn-ErrorType", output["__type"])
        self.end_headers()
        self.wfile.write(body)


def _xml_error(error: dict[str, Any]) -> str:
    code, message = error["__type"], error["message"]
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
