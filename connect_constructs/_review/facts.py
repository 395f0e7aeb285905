"""What AWS's specification says of a resource type; cut by tools/cut_resource_facts.py."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("resource_facts.json")
_FOREIGN = ("Custom::", "AWS::CloudFormation::CustomResource")


@dataclass(frozen=True)
class Facts:
    """Of one resource type."""

    # The paths of properties whose change replaces the resource; a list's items add nothing to a path.
    replaces: frozenset[str]
    # The same for those that replace it under conditions that the specification does not state.
    may_replace: frozenset[str]
    # Whether it holds data that a replacement loses.
    stateful: bool
    # The properties that make up its physical name. The first must be given; empty where there is none.
    name: tuple[str, ...]
    # Whether it has an ARN, a URL or an endpoint.
    address: bool


def facts_of(type_name: str) -> Facts | None:
    """The facts of a type; None where there are none, as for a custom resource."""
    return _facts(type_name)


@functools.cache
def _facts(type_name: str) -> Facts | None:
    found = _types().get(type_name)
    if found is None:
        return None
    return Facts(
        replaces=frozenset(found.get("replaces", ())),
        may_replace=frozenset(found.get("may_replace", ())),
        stateful=found.get("stateful", False),
        name=tuple(found.get("name", ())),
        address=found.get("address", False),
    )


def is_custom_resource(type_name: str) -> bool:
    """Whether a function of the app's own decides what a change does."""
    return type_name.startswith(_FOREIGN)


def source() -> dict[str, str]:
    """The package, its version and hash, and the date on which the facts were cut."""
    found: dict[str, str] = _file()["source"]
    return found


def _types() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = _file()["types"]
    return found


@functools.cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found
