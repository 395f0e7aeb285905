"""What the rules' checks are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connect_constructs._review.changes import Change, Check, Hit
from connect_constructs._review.expressions import Value, is_expression
from connect_constructs._review.policies import shown

# Whether a value is unsafe: None where only the deployment knows.
Unsafe = Callable[[Value], bool | None]


def at(properties: dict[str, Value], path: str) -> Value:
    """The value at a dotted path; None where there is none, and the expression where one is in the way."""
    value: Value = properties
    for name in path.split("."):
        if is_expression(value):
            return value
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def display(value: Value) -> str:
    """A value in a sentence."""
    if value is None:
        return "not set"
    text = shown(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def one_of(*unsafe: str) -> Unsafe:
    """Unsafe are these texts."""
    return lambda value: None if is_expression(value) else value in unsafe


def not_one_of(*safe: str) -> Unsafe:
    """Unsafe is everything but these texts."""
    return lambda value: None if is_expression(value) else value not in safe


def becomes_unsafe(path: str, unsafe: Unsafe, *, default: Value = None, added: bool = False) -> Check:
    """The property becomes unsafe.

    :param default: What CloudFormation takes if the property is not set.
    :param added: Whether it applies to new resources, too.
    """

    def check(change: Change) -> Iterator[Hit]:
        if change.new is None or (change.old is None and not added):
            return
        old = _at(change.old.properties, path) if change.old else None
        new = _at(change.new.properties, path)
        if change.old and old == new:
            return
        before = change.old is not None and unsafe(default if old is None else old)
        after = unsafe(default if new is None else new)
        if before is True or after is False:
            return
        said = goes(path, old, new) if change.old else f"{path} is {display(new)}"
        yield Hit(old, new, said, path, certain=after is True)

    return check


def _at(properties: dict[str, Value], path: str) -> Value:
    return at(properties, path)


def goes(path: str, old: Value, new: Value) -> str:
    """The change of a value in a sentence."""
    return f"{path} goes from {display(old)} to {display(new)}"


def removed(*paths: str) -> Check:
    """One of the properties was set, and is not any more."""

    def check(change: Change) -> Iterator[Hit]:
        if change.old is None or change.new is None:
            return
        for path in paths:
            old, new = at(change.old.properties, path), at(change.new.properties, path)
            if old not in (None, [], {}) and new in (None, [], {}):
                yield Hit(old, new, f"{path} is removed; it was {display(old)}", path)

    return check


def number(value: Value) -> float | None:
    """The number that the text is."""
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def grows(path: str, *, absent: float = float("inf"), shrinks: bool = False) -> Check:
    """A number becomes larger, or with `shrinks` smaller.

    :param absent: What it is where it is not set.
    """

    def check(change: Change) -> Iterator[Hit]:
        if change.old and change.new:
            old, new = at(change.old.properties, path), at(change.new.properties, path)
            yield from compared(path, old, new, absent=absent, shrinks=shrinks)

    return check


def compared(path: str, old: Value, new: Value, *, absent: float, shrinks: bool = False) -> Iterator[Hit]:
    """As `grows`, for two values."""
    if old == new:
        return
    before = absent if old is None else number(old)
    after = absent if new is None else number(new)
    said = goes(path, old, new)
    if before is None or after is None:
        yield Hit(old, new, said, path, certain=False)
    elif (after < before) if shrinks else (after > before):
        yield Hit(old, new, said, path)


def each_of(*checks: Check) -> Check:
    """All checks."""

    def check(change: Change) -> Iterator[Hit]:
        for one in checks:
            yield from one(change)

    return check


def items(properties: dict[str, Value], path: str) -> Iterable[Value]:
    """The items of the list at the path; none where it is computed."""
    value = at(properties, path)
    return value if isinstance(value, list) else ()
