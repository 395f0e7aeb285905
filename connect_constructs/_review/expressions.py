"""The values of a canonical template: text, lists, dictionaries, and expressions.

An expression is a dictionary with one key, `Ref` or `Fn::…`. Beside CloudFormation's own there are three:
`Fn::Concat` (the list of what Fn::Join and Fn::Sub put together), `Fn::Parameter` (name, type, and the default in a
list of one, or an empty list), and in a nested stack `Fn::Outer` (the parent's name, and its expression as text).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

# Text, a list, a dictionary, or None.
Value = Any

OWN_FUNCTIONS = {"Fn::Concat", "Fn::Parameter", "Fn::Outer"}
NO_VALUE = {"Ref": "AWS::NoValue"}


def is_expression(value: Value) -> bool:
    """Whether CloudFormation computes the value."""
    if not (isinstance(value, dict) and len(value) == 1):
        return False
    (key,) = value
    return key == "Ref" or str(key).startswith("Fn::")


def is_policy(value: Value) -> bool:
    """Whether the value is a policy document; a rule of a web ACL has a Statement, too."""
    if not (isinstance(value, dict) and "Statement" in value):
        return False
    statements = value["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    return "Version" in value or any(isinstance(one, dict) and "Effect" in one for one in statements)


def key_of(value: Value) -> str:
    """A text that is the same for equal values; sorts and hashes them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def concat(parts: list[Value]) -> Value:
    """One value of the parts: text if all of them are, and nested ones taken apart."""
    joined: list[Value] = []
    for part in parts:
        inner = part["Fn::Concat"] if isinstance(part, dict) and "Fn::Concat" in part else [part]
        for item in inner:
            if isinstance(item, str) and joined and isinstance(joined[-1], str):
                joined[-1] += item
            elif item != "":
                joined.append(item)
    if not joined:
        return ""
    return joined[0] if len(joined) == 1 else {"Fn::Concat": joined}


def transform(value: Value, change: Callable[[dict[str, Value]], Value | None]) -> Value:
    """A copy in which each dictionary that `change` has an answer for (not None) is that answer.

    Values that are AWS::NoValue go, as they do when CloudFormation resolves them.
    """
    if isinstance(value, list):
        items = [transform(item, change) for item in value]
        return [item for item in items if item != NO_VALUE]
    if isinstance(value, dict):
        changed = change(value)
        if changed is not None:
            return changed
        if "Fn::Concat" in value:
            return concat([transform(part, change) for part in value["Fn::Concat"]])
        inner = {key: transform(item, change) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item != NO_VALUE or key.startswith("Fn::")}
    return value


def with_defaults(value: Value) -> Value:
    """`value` as it is if each parameter has its default."""

    def change(inner: dict[str, Value]) -> Value | None:
        parameter = inner.get("Fn::Parameter")
        return parameter[2][0] if parameter and len(inner) == 1 and parameter[2] else None

    return transform(value, change)


def parameters_in(value: Value) -> set[str]:
    """The names of the parameters with a default that `value` depends on."""
    return {
        item["Fn::Parameter"][0] for item in dictionaries(value) if "Fn::Parameter" in item and item["Fn::Parameter"][2]
    }


def dictionaries(value: Value) -> Iterator[dict[str, Value]]:
    """Each dictionary in `value`, itself included."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from dictionaries(item)
    elif isinstance(value, list):
        for item in value:
            yield from dictionaries(item)


def references_in(value: Value) -> set[str]:
    """The logical ids that `value` refers to by Ref or Fn::GetAtt; pseudo parameters are none."""
    found = set()
    for item in dictionaries(value):
        if len(item) == 1:
            if isinstance(item.get("Ref"), str) and "::" not in item["Ref"]:
                found.add(item["Ref"])
            elif isinstance(item.get("Fn::GetAtt"), list) and item["Fn::GetAtt"]:
                found.add(str(item["Fn::GetAtt"][0]))
    return found


def renamed(value: Value, names: dict[str, str]) -> Value:
    """`value` with the logical ids of its references changed."""
    if not names:
        return value

    def change(inner: dict[str, Value]) -> Value | None:
        if len(inner) != 1:
            return None
        if isinstance(inner.get("Ref"), str):
            return {"Ref": names.get(inner["Ref"], inner["Ref"])}
        target = inner.get("Fn::GetAtt")
        if isinstance(target, list) and target and isinstance(target[0], str):
            return {"Fn::GetAtt": [names.get(target[0], target[0]), *target[1:]]}
        return None

    return transform(value, change)
