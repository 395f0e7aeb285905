"""Marked values, and a search that finds them in any text, whatever form they have there."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

# How marked values begin: words that occur nowhere else. Case matters, so that a change of it is a form of its own.
_VALUE = "Zq7Canary"
# Keys are no values: an answer may name one by its path. Nothing that is stored or published has them.
_KEY = "Kq7Canary"
# For the only kind of value that is no text: the first nine of ten digits.
_NUMBER = 197_531_864

_ESCAPE = re.compile(r"\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2}))")


_MARK = re.compile(f"(?:{_VALUE}|{_KEY}|{_NUMBER})[0-9]+")


class Sentinels:
    """Gives out marked values, each text once."""

    def __init__(self) -> None:
        self._given = 0

    def value(self) -> str:
        """A text of ASCII letters and digits."""
        return self._next(_VALUE)

    def text(self) -> str:
        """Any text, with the mark at both ends, so that neither end can be cut off."""
        return f'{self.value()} é "\\%2F 😀 {self.value()}'

    def key(self) -> str:
        return self._next(_KEY)

    def number(self) -> int:
        """A 32-bit integer."""
        self._given += 1
        return _NUMBER * 10 + self._given % 10

    def _next(self, mark: str) -> str:
        self._given += 1
        return f"{mark}{self._given:06}"


def count_in(text: str) -> int:
    """How many marks a text has, in plain form."""
    return len(_MARK.findall(text))


def values_in(text: str) -> list[str]:
    """Marked values in a text, each with the form in which it was found."""
    return list(_found(text, (_VALUE, str(_NUMBER))))


def marks_in(text: str) -> list[str]:
    """Marked values and marked keys in a text."""
    return list(_found(text, (_VALUE, _KEY, str(_NUMBER))))


def _found(text: str, marks: tuple[str, ...]) -> Iterator[str]:
    for form, reading in _readings(text):
        for mark in marks:
            if (start := reading.find(mark.casefold())) >= 0:
                yield f"{form}: …{reading[max(0, start - 40) : start + 40]}…"
    for mark in marks:
        for form, encoded in _encodings(mark):
            if (start := text.find(encoded)) >= 0:
                yield f"{form}: …{text[max(0, start - 40) : start + 40]}…"


def _readings(text: str) -> Iterator[tuple[str, str]]:
    """The text and what it says once its escapes are resolved, in lower case. Each escape is resolved in the next."""
    reading = text.casefold()
    yield "plain", reading
    if "\\" in reading:
        reading = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), reading).casefold()
        yield "escaped", reading
    if "%" in reading:
        reading = unquote(unquote(reading)).casefold()
        yield "percent-encoded", reading
    if "&" in reading:
        yield "HTML", html.unescape(reading).casefold()
    if "\0" in reading:
        yield "UTF-16", reading.replace("\0", "")


def _encodings(mark: str) -> Iterator[tuple[str, str]]:
    """How the mark looks inside a longer text that is encoded as a whole."""
    for spelling in {mark, mark.lower(), mark.upper()}:
        yield "hexadecimal", spelling.encode().hex()
        yield "HEXADECIMAL", spelling.encode().hex().upper()
        for before in range(3):
            encoded = base64.b64encode(b"x" * before + spelling.encode())
            # The outer characters depend on what stands before and after.
            inner = encoded[(0, 2, 3)[before] : len(encoded) // 4 * 4 - 4].decode()
            yield "base64", inner
            yield "base64", inner.replace("+", "-").replace("/", "_")
