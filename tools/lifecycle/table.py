"""The tables of what a change of each option does."""

from __future__ import annotations

import functools
from collections import defaultdict
from pathlib import Path

from tools.lifecycle.cases import CASES, Case, template
from tools.lifecycle.effects import Effect, effect

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"
SECTION = "lifecycle"

_HEAD = "| option | change | what it does | not kept | not kept when reverted |\n| --- | --- | --- | --- | --- |"


def tables() -> str:
    """A table for each construct, with a row for each change."""
    # If an option of functions has the same effect behind an API and behind a queue, it has one row.
    rows: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for case in CASES:
        there, back = effects_of(case)
        row = (f"`{case.option}`", case.change, described(there), _list(there.loses), _list(back.loses))
        rows[case.owner.__qualname__].add(row)
    return "\n\n".join(
        "\n".join([f"### {name}", "", _HEAD, *(f"| {' | '.join(row)} |" for row in sorted(found))])
        for name, found in rows.items()
    )


@functools.cache
def effects_of(case: Case) -> tuple[Effect, Effect]:
    """The effect of the change, and that of reverting it."""
    before, after = template(case.before), template(case.after)
    return effect(before, after), effect(after, before)


def described(found: Effect) -> str:
    """The effect in words."""
    parts = {
        "replaces": found.replaces,
        "may replace": found.may_replace,
        "updates": found.updates,
        "adds": found.adds,
        "removes": found.removes,
    }
    return "; ".join(f"{verb} {_list(names)}" for verb, names in parts.items() if names) or "nothing"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "–"
