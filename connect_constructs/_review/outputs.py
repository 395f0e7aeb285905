"""Outputs and exports, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from connect_constructs._review.expressions import Value
from connect_constructs._review.findings import Finding
from connect_constructs._review.policies import shown
from connect_constructs._review.rules import rows
from connect_constructs._review.template import Output, Template


def compare_outputs(old: Template, new: Template, in_use: set[str]) -> Iterator[Finding]:
    """The findings about outputs.

    :param in_use: The names of exports that stacks of the app import.
    """
    stack = new.stack
    exported = {_text(output.export) for output in new.outputs.values()}
    for name, before in old.outputs.items():
        after = new.outputs.get(name)
        export = _text(before.export)
        if export and export not in exported:
            yield _export_gone(stack, before, after, rows.EXPORT_IN_USE if export in in_use else rows.EXPORT_REMOVED)
        elif after is None:
            yield _output(rows.OUTPUT_CHANGED, stack, name, before.value, None, "is removed")
        elif before.value != after.value:
            what = f"goes from {shown(before.value)} to {shown(after.value)}"
            yield _output(rows.OUTPUT_CHANGED, stack, name, before.value, after.value, what)
        elif before.condition != after.condition:
            what = "has another condition"
            yield _output(rows.OUTPUT_CHANGED, stack, name, before.condition, after.condition, what)
    for name, added in new.outputs.items():
        if name not in old.outputs:
            yield _output(rows.OTHER, stack, name, None, added.value, "is added")


def _export_gone(stack: str, before: Output, after: Output | None, row: rows.Row) -> Finding:
    export = shown(before.export)
    if after is None:
        what = f"and its export {export} are removed"
    elif after.export is None:
        what = f"is no longer exported as {export}"
    else:
        what = f"is exported as {shown(after.export)}; it was {export}"
    return _output(row, stack, before.name, before.export, after.export if after else None, what)


def _output(row: rows.Row, stack: str, name: str, old: Value, new: Value, what: str) -> Finding:
    return row.finding(stack, f"The output {name} {what}", resource=f"output {name}", old=old, new=new)


def _text(value: Value) -> str | None:
    return None if value is None else shown(value)
