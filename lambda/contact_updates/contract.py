"""The contract at run time: the operations, and what is wrong with a request's parameters.

All of it comes from the service model file beside this package: botocore's model of the two operations, with the
documented rules that botocore's model lacks. `maxUtf8Bytes` limits the UTF-8 bytes of a map's keys and values together;
`minBodyMembers` is how many members of the body must be present.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

SDK_MODELS = Path(__file__).resolve().parent.parent / "sdk_models"
_SERVICE_MODEL = SDK_MODELS / "connect" / "2017-08-08" / "service-2.json"

# Amazon Connect documents no limit for SegmentAttributes. Ours protects the interpreter's stack from hostile nesting.
MAX_NESTING = 32

# The most violations that one message names: an answer must stay smaller than the request that provoked it.
_MAX_NAMED = 100

# `integer` in an AWS service model is a 32-bit integer (Smithy 2.0, "Simple types").
_INTEGER_RANGE = range(-(2**31), 2**31)

# Keys that are safe to repeat in a message. Any other key may hold a customer's data, and is named by its position.
PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")

_JSON_TYPES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}

# The path of a value from where the check began, what is wrong, and whether it is wrong with the value's key.
Fault = tuple[str, str, bool]


class Operation(NamedTuple):
    """One operation of Amazon Connect that this endpoint offers."""

    name: str
    http_method: str
    # As in the service model and in API Gateway's `resource`, such as `/contacts/{InstanceId}/{ContactId}`.
    path: str
    input_shape: str
    # The members that are labels of the path. All others are in the body.
    labels: tuple[str, ...]
    # The member that has the contact id.
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


def violations(operation: Operation, parameters: dict[str, Any]) -> list[str]:
    """Everything that is wrong with `parameters`: one text for each violation, with the path, never the value."""
    shape = _model()["shapes"][operation.input_shape]
    # Stop early: a body of some megabytes can have millions.
    found = [_named(fault) for fault in itertools.islice(_structure(shape, parameters, 1), _MAX_NAMED + 1)]
    if len(parameters.keys() - set(operation.labels)) < shape.get("minBodyMembers", 0):
        found.append("the body: expected at least one field to update")
    if len(found) > _MAX_NAMED:
        found[_MAX_NAMED:] = ["and more"]
    return found


def _named(fault: Fault) -> str:
    path, wrong, of_key = fault
    place = path[1:] if path.startswith(".") else f"the body{path}"
    return f"the key of {place}: {wrong}" if of_key else f"{place}: {wrong}"


# A check yields what is wrong with a value, with the path from that value. Paths grow from the inside out, so that they
# cost nothing where nothing is wrong.


@functools.cache
def _check(shape_name: str) -> Callable[[Any, int], Iterable[Fault]]:
    shape = _model()["shapes"][shape_name]
    return functools.partial(_CHECKS[shape["type"]], shape)


def _structure(shape: dict[str, Any], value: Any, depth: int) -> Iterator[Fault]:
    if wrong := _no_container(dict, value, depth):
        yield "", wrong, False
        return
    members = shape["members"]
    for name in shape.get("required", ()):
        if name not in value:
            yield _step(name, 0), "required, but missing", False
    for position, (name, item) in enumerate(value.items(), start=1):
        if name in members:
            for path, wrong, of_key in _check(members[name]["shape"])(item, depth + 1):
                yield _step(name, position) + path, wrong, of_key
        else:
            yield _step(name, position), "unknown member", False


def _map(shape: dict[str, Any], value: Any, depth: int) -> Iterator[Fault]:
    if wrong := _no_container(dict, value, depth):
        yield "", wrong, False
        return
    check_key, check_value = _check(shape["key"]["shape"]), _check(shape["value"]["shape"])
    for position, (key, item) in enumerate(value.items(), start=1):
        for _, wrong, _ in check_key(key, depth + 1):
            yield _step(key, position), wrong, True
        for path, wrong, of_key in check_value(item, depth + 1):
            yield _step(key, position) + path, wrong, of_key
    limit = shape.get("maxUtf8Bytes")
    if limit is not None and (size := _utf8_bytes(value, shape.get("utf8BytesOf"))) > limit:
        yield "", f"expected at most {limit} UTF-8 bytes in all keys and values together, got {size}", False


def _list(shape: dict[str, Any], value: Any, depth: int) -> Iterator[Fault]:
    if wrong := _no_container(list, value, depth):
        yield "", wrong, False
        return
    if not shape.get("min", 0) <= len(value) <= shape.get("max", len(value)):
        yield "", _wrong_size(shape, len(value), "items"), False
    check_member = _check(shape["member"]["shape"])
    for position, item in enumerate(value):
        for path, wrong, of_key in check_member(item, depth + 1):
            yield f"[{position}]{path}", wrong, of_key


def _string(shape: dict[str, Any], value: Any, depth: int) -> list[Fault]:
    if not isinstance(value, str):
        return [("", _wrong_type("a string", value), False)]
    size = len(value)
    wrong = []
    if not shape.get("min", 0) <= size <= shape.get("max", size):
        wrong.append(_wrong_size(shape, size, "characters"))
    if not value.isascii() and not _is_unicode(value):
        wrong.append("expected Unicode text, got a lone surrogate")
    # A text that is too long is not searched, as that could take long.
    if "pattern" in shape and size <= shape.get("max", size) and not _pattern(shape["pattern"]).search(value):
        wrong.append(f"expected to match the pattern {shape['pattern']}")
    if "enum" in shape and value not in shape["enum"]:
        wrong.append(f"expected one of {', '.join(shape['enum'])}")
    return [("", text, False) for text in wrong] if wrong else []


def _integer(shape: dict[str, Any], value: Any, depth: int) -> list[Fault]:
    if not isinstance(value, int) or isinstance(value, bool):
        return [("", _wrong_type("an integer", value), False)]
    return [] if value in _INTEGER_RANGE else [("", "expected a 32-bit integer", False)]


_CHECKS: dict[str, Callable[[dict[str, Any], Any, int], Iterable[Fault]]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _string,
    "integer": _integer,
}


def _wrong_size(shape: dict[str, Any], size: int, unit: str) -> str:
    bound = f"at least {shape['min']}" if size < shape.get("min", 0) else f"at most {shape['max']}"
    return f"expected {bound} {unit}, got {size}"


def _utf8_bytes(entries: dict[str, Any], counted_member: str | None) -> int:
    # A value of the wrong type is a violation of its own, and is not counted here.
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
    # The model's `$` is the end of the text. Python's also matches before a final line feed.
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


def _step(name: str, position: int) -> str:
    return f".{name}" if PLAIN_KEY.match(name) else f"[member {position}]"


def _no_container(expected: type, value: Any, depth: int) -> str | None:
    if not isinstance(value, expected):
        return _wrong_type(_JSON_TYPES[expected], value)
    return f"nested deeper than {MAX_NESTING} levels" if depth > MAX_NESTING else None


def _wrong_type(expected: str, value: Any) -> str:
    return f"expected {expected}, got {_JSON_TYPES.get(type(value), 'a number')}"
