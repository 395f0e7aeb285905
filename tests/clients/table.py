"""The section `clients` of docs/contract.md: the outcome of each case by client and target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.cases import CASES
from tests.clients.target import TargetName

PAGE = Path(__file__).resolve().parents[2] / "docs" / "contract.md"
SECTION = "clients"

# The text of each cell, by target, case and client.
_Cells = dict[tuple[TargetName, str, str], str]


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    name: str
    # The expected answer, for each target that has the case.
    answers: dict[TargetName, str]
    note: str = ""
    # The clients that can make the call. Default: all.
    clients: frozenset[str] = frozenset()


@dataclass
class Cell:
    """The text that a test sets for its cell."""

    instead: str = "yes"


@dataclass
class Cells:
    """The cells that the tests of this run have recorded."""

    _cells: _Cells = field(default_factory=dict)

    @contextmanager
    def recorded(self, target: TargetName, case: str, client: str) -> Iterator[Cell]:
        """Record "yes" or the block's own text if the block succeeds, and "no" if it fails."""
        cell, key = Cell(), (target, case, client)
        self._cells[key] = "no"
        yield cell
        self._cells[key] = cell.instead

    def section(self, rows: Sequence[Row], clients: Sequence[str], committed: str) -> str:
        """The section with the cells of this run; the committed section has the cells of what did not run."""
        cells = {**_read(committed, clients), **self._cells}
        notes = _Notes()
        tables = [_table(target, rows, clients, cells, notes) for target in TargetName]
        return "\n".join([*tables, "### Notes\n", *notes.lines()])


class _Notes:
    """Numbered notes, in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, note: str) -> str:
        return f" [{self._numbers.setdefault(note, len(self._numbers) + 1)}]" if note else ""

    def lines(self) -> list[str]:
        return [f"{number}. {note}" for note, number in self._numbers.items()]


def case_rows() -> list[Row]:
    """The rows of the cases that apply to all clients."""
    return [
        Row(case.name, {target: str(answer) for target, answer in case.answers.items()}, case.note) for case in CASES
    ]


def _table(target: TargetName, rows: Sequence[Row], clients: Sequence[str], cells: _Cells, notes: _Notes) -> str:
    lines = [f"### {target.value}\n", _line(["call", "answer", *clients]), _line(["---"] * (len(clients) + 2))]
    for row in rows:
        if target not in row.answers:
            continue
        differs = target is TargetName.ENDPOINT and row.answers.get(TargetName.AMAZON_CONNECT) != row.answers[target]
        mark = notes.mark(row.note) if differs or target is TargetName.ENDPOINT else ""
        shown = [
            cells.get((target, row.name, client), "not run") if not row.clients or client in row.clients else "–"
            for client in clients
        ]
        lines.append(_line([row.name, f"{row.answers[target]}{mark}", *shown]))
    return "\n".join([*lines, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _read(section: str, clients: Sequence[str]) -> _Cells:
    cells: _Cells = {}
    headings = {target.value: target for target in TargetName}
    target: TargetName | None = None
    columns: list[str] = []
    for line in section.splitlines():
        if heading := re.fullmatch(r"### (.+)", line):
            target, columns = headings.get(heading[1]), []
        elif line.startswith("| ") and target:
            name, _, *texts = line.strip("| ").split(" | ")
            if not columns:
                columns = texts
            elif name != "---":
                cells.update({(target, name, client): text for client, text in zip(columns, texts, strict=True)})
    return {key: text for key, text in cells.items() if key[2] in clients}
