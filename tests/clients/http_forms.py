"""Requests without an SDK: plain HTTP, and an imitation of R's paws."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import urllib3

from connect_constructs.contract.service_model import service_model
from tests.clients import client_names
from tests.clients.call import Answer, Call
from tests.clients.signing import post


class PlainHttp:
    """Plain JSON over HTTP, signed with botocore."""

    name = client_names.HTTP
    shows_http = True
    has_types = False
    retries = False
    reads_type_from_header = False
    makes_text_of_values = False

    _content_type = "application/json"
    # The members in which the caller looks for the message, in order.
    _message_members: Sequence[str] = ("Message", "message")

    def call(self, call: Call) -> Answer:
        path, body = _split(call.operation, call.parameters)
        response = post(
            f"{call.url}{path}",
            self._encode(body),
            {"Content-Type": self._content_type},
            credentials=call.credentials,
            signing_name=call.signing_name,
        )
        return self._read(response)

    def _encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode()

    def _error_type(self, headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
        return body.get("__type")

    def _read(self, response: urllib3.BaseHTTPResponse) -> Answer:
        if response.status == 200:
            return Answer(status=200, output=response.data.decode())
        body = json.loads(response.data) if response.data else {}
        return Answer(
            error_type=self._error_type(response.headers, body),
            message=body.get(self._message_members[0]) or body.get(self._message_members[-1]),
            status=response.status,
            retry_after=response.headers.get("Retry-After"),
        )


class ImitatedPaws(PlainHttp):
    """Imitates in Python what R's paws 0.10.0 was seen to send and read.

    It sends another content type, sorted keys, text instead of numbers and booleans, and no body instead of an empty
    one. It reads the error type from the header and was never seen to retry. Unlike paws, it signs for `execute-api`.
    (paws-r/paws: paws.common/R/jsonutil.R, handlers_restjson.R.)
    """

    name = client_names.IMITATED_PAWS
    reads_type_from_header = True
    makes_text_of_values = True

    _content_type = "application/x-amz-json-1.1"
    _message_members = ("message",)

    def _encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(as_text(body), sort_keys=True, ensure_ascii=False).encode() if body else b""

    def _error_type(self, headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
        return headers.get("x-amzn-ErrorType")


def as_text(value: Any) -> Any:
    """Convert every number and boolean in the value to text as R's `as.character` does.

    This is right for members that are strings in the model. No case sends others.
    """
    match value:
        case dict():
            return {name: as_text(member) for name, member in value.items()}
        case list():
            return [as_text(member) for member in value]
        case bool():
            return str(value).upper()
        case int() | float():
            return str(value)
        case _:
            return value


def _split(operation: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path with its labels filled in, and the remaining parameters as the body."""
    model = service_model()
    members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
    labels = {name for name, member in members.items() if member.get("location") == "uri"}
    path: str = model["operations"][operation]["http"]["requestUri"]
    for label in labels:
        path = path.replace(f"{{{label}}}", quote(parameters[label], safe="-_.~"))
    return path, {name: value for name, value in parameters.items() if name not in labels}
