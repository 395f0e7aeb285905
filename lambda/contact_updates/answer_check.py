"""Answers that botocore's parser misreads: refused or normalised before it gets them."""

from __future__ import annotations

import json
from typing import Any


class UnreadableAnswerError(Exception):
    """A 2xx answer with an unexpected body: botocore takes any, where the operations have an empty one."""


def check_answer(response: dict[str, Any]) -> None:
    """Normalise an answer in place, in the form in which botocore hands it to its parser.

    Raises UnreadableAnswerError, or KeyError and AttributeError for another form.
    """
    status, body = response["status_code"], response["body"].strip()
    if 200 <= status < 300:
        if body not in (b"", b"{}"):
            raise UnreadableAnswerError
    elif status < 200 or status == 300:
        # botocore takes an interim answer for a success, and stumbles over the other.
        raise UnreadableAnswerError
    elif not _is_json_object(body):
        # The type is in the header; without this it would be lost to an exception of the parser.
        response["body"] = b"{}"


def _is_json_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
