"""Outputs and exports, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from connect_constructs._review.expressions import Value
from connect_constructs._review.findings import Class, Finding
from connect_constructs._review.policies import shown
from connect_constructs._review.template import Output, Template

_OUTSIDE = "Scripts, people and other stacks may read it."


def compare_outputs(old: Template, new: Template, in_use: set[str]) -> Iterator[Finding]:
    """The findings about outputs.

    :param in_use: The names of exports that stacks of the app import.
    """
    exported = {_text(output.export) for output in new.outputs.values()}
    for name, before in old.outputs.items():
        after = new.outputs.get(name)
        export = _text(before.export)
        if export and export not in exported:
            yield _export_gone(new.stack, name, before, after, export in in_use)
            continue
        if after is None:
            if export is None:
                yield _finding(new.stack, name, before.value, None, f"The output {name} is removed", _OUTSIDE)
        elif before.value != after.value:
            what = f"The output {name} goes from {shown(before.value)} to {shown(after.value)}"
            yield _finding(new.stack, name, before.value, after.value, what, _OUTSIDE)
        elif before.condition != after.condition:
            yield _finding(
                new.stack, name, before.condition, after.condition, f"The output {name} has another condition", _OUTSIDE
            )
    for name, added in new.outputs.items():
        if name not in old.outputs:
            yield _finding(new.stack, name, None, added.value, f"The output {name} is added", "", class_=Class.OTHER)


def _export_gone(stack: str, name: str, before: Output, after: Output | None, in_use: bool) -> Finding:
    export = shown(before.export)
    now = f"exported as {shown(after.export)}" if after and after.export else "not exported"
    what = f"The export {export} (output {name}) is removed" if after is None else f"{name} is {now}; it was {export}"
    if in_use:
        return _finding(
            stack,
            name,
            before.export,
            after.export if after else None,
            what,
            "A stack of this app still imports it, and CloudFormation does not remove an export that is imported.",
            rule="export-in-use",
            class_=Class.DEPLOYMENT,
            todo="Deploy the importing stack first, without the import (CDK's export_value keeps the export).",
        )
    return _finding(
        stack,
        name,
        before.export,
        after.export if after else None,
        what,
        "A stack that imports it keeps this deployment from succeeding.",
        rule="export-removed",
        todo="Make sure that no stack imports it (aws cloudformation list-imports).",
    )


def _finding(
    stack: str,
    name: str,
    old: Value,
    new: Value,
    what: str,
    why: str,
    *,
    rule: str = "output-changed",
    class_: Class = Class.IDENTITY,
    todo: str = "",
) -> Finding:
    if class_ is Class.OTHER:
        rule = "other"
    elif not todo:
        todo = "Tell those who use it."
    return Finding(rule, class_, stack, f"output {name}", "", "", "", old, new, what, why, todo)


def _text(value: Value) -> str | None:
    return None if value is None else shown(value)
