"""The contract at run time: which operations there are, and what is wrong with a request's parameters.

Everything here comes from the service model file beside this package. It is botocore's model of the two operations
with the documented rules that botocore's lacks: `maxUtf8Bytes` limits the UTF-8 bytes of a map's keys and values
together, and `minBodyMembers` is how many members of the body must be present.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SDK_MODELS = Path(__file__).resolve().parent.parent / "sdk_models"
_SERVICE_MODEL = SDK_MODELS / "connect" / "2017-08-08" / "service-2.json"

# Amazon Connect documents no limit for SegmentAttributes; ours keeps hostile nesting off the interpreter's stack.
MAX_NESTING = 32

# How many violations one message names, so that an answer stays smaller than what provoked it.
_MAX_NAMED = 100

# `integer` in an AWS service model is a 32-bit integer (Smithy 2.0, "Simple types").
_INTEGER_RANGE = range(-(2**31), 2**31)

# Keys that are safe to repeat in a message. Any other key is named by its position: it may hold a customer's data.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")

_JSON_TYPES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}

Violations = Iterator[str]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of Amazon Connect that this endpoint offers."""

    name: str
    http_method: str
    # As the service model and API Gateway's `resource` write it, such as `/contacts/{InstanceId}/{ContactId}`.
    path: str
    input_shape: str
    # The members that are labels of the path; all others stand in the body.
    labels: tuple[str, ...]
    # The member that holds the contact's id.
    contact_member: str


@functools.cache
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads(_SERVICE_MODEL.read_bytes())
    return model


@functools.cache
def operations() -> tuple[Operation, ...]:
    """The operations of the contract."""
    return tuple(_operation(entry) for entry in _model()["operations"].values())


def _operation(entry: dict[str, Any]) -> Operation:
    shape = entry["input"]["shape"]
    members = _model()["shapes"][shape]["members"]
    return Operation(
        name=entry["name"],
        http_method=entry["http"]["method"],
        path=entry["http"]["requestUri"],
        input_shape=shape,
        labels=tuple(name for name, member in members.items() if member.get("location") == "uri"),
        contact_member=next(name for name, member in members.items() if member["shape"] == "ContactId"),
    )


@functools.cache
def error_status(error_type: str) -> int:
    """The HTTP status of one of Amazon Connect's error types. Raises KeyError for any other type."""
    status: int = _model()["shapes"][error_type]["error"]["httpStatusCode"]
    return status


def is_contact_id(value: Any) -> bool:
    """Whether `value` could be a contact's id."""
    return not any(_check("ContactId", value, "", 1))


def violations(operation: Operation, parameters: dict[str, Any]) -> list[str]:
    """All that is wrong with `parameters`: one text for each violation, by path, never by value."""
    every = _structure(_model()["shapes"][operation.input_shape], parameters, "", 1)
    # Not all of them are looked for: a body of some megabytes can have millions.
    found = list(itertools.islice(every, _MAX_NAMED + 1))
    present = parameters.keys() - set(operation.labels)
    if len(present) < _model()["shapes"][operation.input_shape].get("minBodyMembers", 0):
        found.append("the body: expected at least one field to update")
    if len(found) > _MAX_NAMED:
        found[_MAX_NAMED:] = ["and more"]
    return found


def _check(shape_name: str, value: Any, path: str, depth: int) -> Violations:
    shape = _model()["shapes"][shape_name]
    return _CHECKS[shape["type"]](shape, value, path, depth)


def _structure(shape: dict[str, Any], value: Any, path: str, depth: int) -> Violations:
    if wrong := _no_container(dict, value, path, depth):
        yield wrong
        return
    members = shape["members"]
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{_inner(path, name, 0)}: required, but missing"
    for position, (name, item) in enumerate(value.items(), start=1):
        if name in members:
            yield from _check(members[name]["shape"], item, _inner(path, name, position), depth + 1)
        else:
            yield f"{_inner(path, name, position)}: unknown member"


def _map(shape: dict[str, Any], value: Any, path: str, depth: int) -> Violations:
    if wrong := _no_container(dict, value, path, depth):
        yield wrong
        return
    key_shape, value_shape = shape["key"]["shape"], shape["value"]["shape"]
    for position, (key, item) in enumerate(value.items(), start=1):
        inner = _inner(path, key, position)
        yield from _check(key_shape, key, f"the key of {inner}", depth + 1)
        yield from _check(value_shape, item, inner, depth + 1)
    limit = shape.get("maxUtf8Bytes")
    if limit is not None and (size := _utf8_bytes(value, shape.get("utf8BytesOf"))) > limit:
        yield f"{path}: expected at most {limit} UTF-8 bytes in all keys and values together, got {size}"


def _list(shape: dict[str, Any], value: Any, path: str, depth: int) -> Violations:
    if wrong := _no_container(list, value, path, depth):
        yield wrong
        return
    yield from _size(shape, len(value), path, "items")
    for position, item in enumerate(value):
        yield from _check(shape["member"]["shape"], item, f"{path}[{position}]", depth + 1)


def _string(shape: dict[str, Any], value: Any, path: str, depth: int) -> Violations:
    if not isinstance(value, str):
        yield _wrong_type(path, "a string", value)
        return
    too_long = False
    for text in _size(shape, len(value), path, "characters"):
        too_long = len(value) > shape.get("max", len(value))
        yield text
    if not value.isascii() and not _is_unicode(value):
        yield f"{path}: expected Unicode text, got half of a surrogate pair"
    if "pattern" in shape and not too_long and not _pattern(shape["pattern"]).search(value):
        yield f"{path}: expected a match of the pattern {shape['pattern']}"
    if "enum" in shape and value not in shape["enum"]:
        yield f"{path}: expected one of {', '.join(shape['enum'])}"


def _integer(shape: dict[str, Any], value: Any, path: str, depth: int) -> Violations:
    if not isinstance(value, int) or isinstance(value, bool):
        yield _wrong_type(path, "an integer", value)
    elif value not in _INTEGER_RANGE:
        yield f"{path}: expected an integer of 32 bits"


_CHECKS: dict[str, Callable[[dict[str, Any], Any, str, int], Violations]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _string,
    "integer": _integer,
}


def _size(shape: dict[str, Any], size: int, path: str, unit: str) -> Violations:
    if size < shape.get("min", 0):
        yield f"{path}: expected at least {shape['min']} {unit}, got {size}"
    elif size > shape.get("max", size):
        yield f"{path}: expected at most {shape['max']} {unit}, got {size}"


def _utf8_bytes(entries: dict[str, Any], counted_member: str | None) -> int:
    # What has the wrong type is a violation of its own, and counts nothing here.
    total = 0
    for key, value in entries.items():
        counted = value.get(counted_member) if counted_member and isinstance(value, dict) else value
        for text in (key, counted):
            if isinstance(text, str):
                total += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return total


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # The model's `$` is the end of the text; Python's also matches before a final line feed.
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


def _inner(path: str, name: str, position: int) -> str:
    if _PLAIN_KEY.match(name):
        return f"{path}.{name}" if path else name
    return f"{path or 'the body'}[member {position}]"


def _no_container(expected: type, value: Any, path: str, depth: int) -> str | None:
    if not isinstance(value, expected):
        return _wrong_type(path, _JSON_TYPES[expected], value)
    return f"{path}: nested deeper than {MAX_NESTING} levels" if depth > MAX_NESTING else None


def _wrong_type(path: str, expected: str, value: Any) -> str:
    return f"{path}: expected {expected}, got {_JSON_TYPES.get(type(value), 'a number')}"
