"""Rejects or normalizes the responses that botocore's parser misreads."""

from __future__ import annotations

import json
from typing import Any


class UnreadableAnswerError(Exception):
    """A 2xx response with an unexpected body. Both operations have an empty one; botocore accepts any."""


def check_answer(response: dict[str, Any]) -> None:
    """Check a response as botocore passes it to its parser, and normalize it in place.

    Raises UnreadableAnswerError, or KeyError or AttributeError if botocore's format has changed.
    """
    status, body = response["status_code"], response["body"].strip()
    if 200 <= status < 300:
        if body not in (b"", b"{}"):
            raise UnreadableAnswerError
    elif status < 200 or status == 300:
        # botocore treats an interim response as a success, and fails on a 300.
        raise UnreadableAnswerError
    elif not _is_json_object(body):
        # The header has the error type, but the parser would raise before reading it.
        response["body"] = b"{}"


def _is_json_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
