"""Request bodies with a marked value in every field that the contract has: valid ones, and invalid ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from connect_constructs.contract.service_model import service_model
from tests.handler.privacy.sentinels import Sentinels

OPERATIONS = ("UpdateContactAttributes", "UpdateContact")

# What the pattern of a shape asks for around a marked value. A pattern without an entry here fails the generator.
_MATCHING: dict[str, Callable[[str], str]] = {
    "^[A-Za-z0-9_-]+$": lambda mark: mark,
    "^[-:/A-Za-z0-9]+": lambda mark: f"x:/{mark}/{mark}",
    r"[^\s@]+@[^\s@]+\.[^\s@]+": lambda mark: f"{mark}@{mark}.example",
}
_IDENTIFIERS = frozenset({"ContactId", "InstanceId"})
_MAX_DEPTH = 4

Path = tuple[str | int, ...]


def full_body(sentinels: Sentinels, operation: str) -> dict[str, Any]:
    """A valid body with every member of the contract but the ids, and a mark in every value and key."""
    shapes = service_model()["shapes"]
    members = shapes[service_model()["operations"][operation]["input"]["shape"]]["members"]
    return {
        name: _planted(sentinels, member["shape"], 1)
        for name, member in members.items()
        if member["shape"] not in _IDENTIFIERS
    }


def _planted(sentinels: Sentinels, shape_name: str, depth: int) -> Any:
    shape = service_model()["shapes"][shape_name]
    match shape["type"]:
        case "structure":
            inner = {
                name: member
                for name, member in shape["members"].items()
                if depth < _MAX_DEPTH or service_model()["shapes"][member["shape"]]["type"] not in {"map", "list"}
            }
            return {name: _planted(sentinels, member["shape"], depth + 1) for name, member in inner.items()}
        case "map":
            keys = [sentinels.key(), sentinels.key()]
            return {key: _planted(sentinels, shape["value"]["shape"], depth + 1) for key in keys}
        case "list":
            return [_planted(sentinels, shape["member"]["shape"], depth + 1) for _ in range(2)]
        case "integer":
            return sentinels.number()
        case "string":
            if "enum" in shape:
                return shape["enum"][0]
            if "pattern" in shape:
                return _MATCHING[shape["pattern"]](sentinels.value())
            return sentinels.text()
        case other:
            raise NotImplementedError(f"the contract has a shape of type {other!r}")


def invalid_bodies(sentinels: Sentinels, operation: str) -> Iterator[dict[str, Any]]:
    """Bodies with one fault each: every kind of fault in every place."""
    for path in list(_places(full_body(Sentinels(), operation))):
        for fault in _FAULTS:
            body = full_body(sentinels, operation)
            # The marked keys differ from body to body, their places do not.
            _at(body, path, fault, sentinels)
            yield body


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The position of each value within a body, at any depth."""
    if path:
        yield path
    for position, item in enumerate(
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _places(item, (*path, position))


def _at(body: dict[str, Any], path: Path, fault: Callable[[Sentinels, Any], Any], sentinels: Sentinels) -> None:
    container: Any = body
    for step in path[:-1]:
        container = container[_key(container, step)]
    last = _key(container, path[-1])
    container[last] = fault(sentinels, container[last])


def _key(container: Any, position: str | int) -> Any:
    return list(container)[int(position)] if isinstance(container, dict) else position


_FAULTS: list[Callable[[Sentinels, Any], Any]] = [
    lambda sentinels, _: sentinels.text() + "x" * 70_000,
    lambda sentinels, _: sentinels.text() + "\ud800",
    lambda sentinels, _: [sentinels.text()],
    lambda sentinels, _: {sentinels.key(): sentinels.text()},
    lambda sentinels, _: {f"{sentinels.value()} ü": {sentinels.value() + " \0": sentinels.text()}},
    lambda sentinels, value: [copy.deepcopy(value), sentinels.number() * 1000],
    lambda sentinels, _: sentinels.number() + 0.5,
]


def malformed_texts(sentinels: Sentinels) -> Iterator[str]:
    """Bodies that are no JSON objects."""
    yield sentinels.text()
    yield json.dumps(sentinels.text())
    yield json.dumps([sentinels.text(), {sentinels.key(): sentinels.text()}])
    yield '{"Name": "' + sentinels.text()
    yield '{"Name": ' + sentinels.value() + "}"
    yield '{"' + sentinels.value() + '": NaN}'
    yield "[" * 5_000 + json.dumps(sentinels.text())
    yield '{"' + sentinels.key() + '": ' * 5_000
