"""Everything that Amazon Connect can answer, byte for byte, with a marked value wherever it could repeat one."""

from __future__ import annotations

from collections.abc import Callable

from connect_constructs.contract.service_model import service_model
from tests.handler.privacy.sentinels import Sentinels
from tests.handler.scripted_upstream import ScriptedUpstream, http, typed

# How the texts begin that the caller gets as Amazon Connect's own.
OWN_TEXT = "Text of Amazon Connect: "

Echo = Callable[[Sentinels], bytes]

_REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many", 500: "Internal"}


SUCCESSES = [http("200 OK"), http("200 OK", "{}", "x-amzn-RequestId: up-1"), b"HTTP/1.1 204 No Content\r\n\r\n"]


def _error_types() -> dict[str, int]:
    """Amazon Connect's error types and their statuses."""
    return {
        name: shape["error"]["httpStatusCode"]
        for name, shape in service_model()["shapes"].items()
        if shape.get("exception")
    }


def _typed(status: int, error_type: str, before: str = "") -> Echo:
    return lambda marks: typed(f"{status} {_REASONS[status]}", error_type, f"{OWN_TEXT}{before}{marks.text()}")


def _http(status: str, body: str = "<html>{}</html>", *headers: str) -> Echo:
    """An answer in which `{}` is a marked value."""

    def echo(marks: Sentinels) -> bytes:
        return http(status, *(part.replace("{}", marks.value()) for part in (body, *headers)))

    return echo


def _bytes(text: str) -> Echo:
    return lambda marks: text.replace("{}", marks.value()).replace("\n", "\r\n").encode()


# Answers of every kind that repeat values, and those that are none.
ECHOES: list[Echo] = [
    *(_typed(status, error_type) for error_type, status in _error_types().items()),
    _typed(400, "InvalidParameterException", "arn:aws:connect "),
    _typed(400, "InvalidParameterException", "x" * 2_000),
    _typed(400, "ThrottlingException"),
    _typed(400, "TooManyRequestsException"),
    _typed(400, "ExpiredTokenException"),
    _http("429 Too Many Requests"),
    _http("503 Service Unavailable"),
    _http("502 Bad Gateway", '{"Message": "{}'),
    _http("400 Bad Request", '["{}"]'),
    _http("400 Bad Request", '{"__type": "a type, {}", "message": "{}"}'),
    _http("400 Bad Request", '{"__type": ["{}"], "message": {"a": "{}"}}'),
    _http("400 Bad Request", "null", "x-amzn-ErrorType: a type, {}"),
    _http("200 OK"),
    _http("200 OK", '{"Name": "{}"}'),
    _http("200 OK", "", "x-amzn-RequestId: not an id, {}"),
    _http("200 OK", "", "{}"),
    _http("300 Multiple Choices"),
    _http("302 Found", "{}", "Location: https://{}.example/"),
    _http("418 I'm a teapot"),
    _bytes("no HTTP, but {}\n\n"),
    _bytes("HTTP/1.1 {}\n\n"),
    _bytes("HTTP/1.1 101 Switching to {}\n\n"),
    _bytes('HTTP/1.1 400 Bad Request\nContent-Length: 1000\n\n{"Message": "{}'),
    lambda _: ScriptedUpstream.RESET,
    lambda _: b"",
]
