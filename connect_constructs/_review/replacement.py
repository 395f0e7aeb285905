"""What a changed property does to its resource, and to those that refer to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from connect_constructs._review.expressions import Value, is_expression, references_in
from connect_constructs._review.facts import facts_of
from connect_constructs._review.template import Resource


class Impact(Enum):
    """What CloudFormation does."""

    UPDATE = "update"
    MAY_REPLACE = "may replace"
    REPLACE = "replace"
    # The specification lacks the type.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Replacement:
    """Whether a resource is replaced, and what for."""

    impact: Impact
    # The properties' paths, or the logical id of another replaced resource.
    causes: tuple[str, ...] = ()
    # The logical ids of replaced resources that the causes refer to.
    because_of: tuple[str, ...] = ()


def replacement(type_name: str, old: dict[str, Value], new: dict[str, Value]) -> Replacement:
    """What the change of properties does to a resource of that type."""
    paths = list(dict.fromkeys(".".join(path) for path in changed_paths(old, new)))
    if not paths:
        return Replacement(Impact.UPDATE)
    facts = facts_of(type_name)
    if facts is None:
        return Replacement(Impact.UNKNOWN, tuple(paths))
    always = [path for path in paths if _concerns(path, facts.replaces)]
    if always:
        return Replacement(Impact.REPLACE, tuple(always))
    maybe = [
        path
        for path in paths
        if _concerns(path, facts.may_replace) or any(one.startswith(f"{path}.") for one in facts.replaces)
    ]
    return Replacement(Impact.MAY_REPLACE, tuple(maybe)) if maybe else Replacement(Impact.UPDATE)


def propagated(resource: Resource, replaced: set[str]) -> Replacement | None:
    """What the replacement of other resources does to one that refers to them; None for nothing.

    :param replaced: The logical ids of resources that are replaced for certain.
    """
    facts = facts_of(resource.type)
    if facts is None:
        return None
    found: dict[Impact, list[str]] = {Impact.REPLACE: [], Impact.MAY_REPLACE: []}
    because: set[str] = set()
    for path, value in _paths(resource.properties):
        causes = references_in(value) & replaced - {resource.logical_id}
        if causes and _concerns(path, facts.replaces):
            found[Impact.REPLACE].append(path)
            because |= causes
        elif causes and _concerns(path, facts.may_replace):
            found[Impact.MAY_REPLACE].append(path)
            because |= causes
    for impact, paths in found.items():
        if paths:
            return Replacement(impact, tuple(dict.fromkeys(paths)), tuple(sorted(because)))
    return None


def changed_paths(old: Value, new: Value) -> list[tuple[str, ...]]:
    """The path of each difference, as deep as both sides have the same form; a list's items add nothing to a path."""
    return list(dict.fromkeys(_changed_paths(old, new, ())))


def _changed_paths(old: Value, new: Value, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and not (is_expression(old) or is_expression(new)):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from _changed_paths(old.get(name), new.get(name), (*path, name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            yield from _changed_paths(before, after, path)
    else:
        yield path


def _concerns(path: str, facts: frozenset[str]) -> bool:
    """Whether the path or one of those above it is among the facts'."""
    parts = path.split(".")
    return any(".".join(parts[:count]) in facts for count in range(1, len(parts) + 1))


def _paths(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict) and not is_expression(value):
        for name, item in value.items():
            yield from _paths(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, path)
    else:
        yield path, value
