"""Everything that was written while updates were made, and the search in it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

from tests.handler.privacy.sentinels import marks_in, values_in
from tests.handler.proxy import Outcome


class Written:
    """Collects what is stored, published or answered, and what of it is marked."""

    def __init__(self) -> None:
        self.texts = 0
        self.characters = 0
        # Each with its place and the form in which it was found.
        self.found: list[str] = []

    def stored(self, place: str, text: str) -> None:
        """A text that others than the caller can read: it may have neither values nor keys."""
        self._add(place, text, marks_in(text))

    def published(self, place: str, text: str) -> None:
        """A text that says what is wrong with an update: it may name keys, as an answer may."""
        self._add(place, text, values_in(text))

    def answered(self, outcome: Outcome, *, own_text_of_connect: str | None) -> None:
        """An answer. The caller's keys may be in it, and a text that Amazon Connect itself wrote."""
        body = json.loads(outcome.answer["body"]) if outcome.answer["body"] else {}
        if own_text_of_connect and str(body.get("message")).startswith(own_text_of_connect):
            body = {"__type": body["__type"]}
        for text in (json.dumps(body), json.dumps(outcome.headers)):
            self._add("answer", text, values_in(text))

    def _add(self, place: str, text: str, found: list[str]) -> None:
        self.texts += 1
        self.characters += len(text)
        self.found += [f"{place}, {each}" for each in found]


class _EveryRecord(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{self.format(record)} {record.__dict__}")


@contextlib.contextmanager
def function_output(written: Written) -> Iterator[None]:
    """What a function prints and logs, as if a user had set its log level to DEBUG."""
    records, root = _EveryRecord(), logging.getLogger()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            yield
    finally:
        root.setLevel(level)
        root.removeHandler(records)
        for text in (out.getvalue(), err.getvalue(), *records.texts):
            if text:
                written.stored("log", text)


def without(parameters: dict[str, Any], *names: str) -> str:
    """A request's parameters as text, but for those that carry the update itself."""
    return json.dumps({name: value for name, value in parameters.items() if name not in names}, default=str)
