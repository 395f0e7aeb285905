"""docs/clients.md: what came of each case, for each client and target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.cases import CASES
from tests.clients.target import TargetName

FILE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"

# (target, case, client) → what the cell says
_Cells = dict[tuple[TargetName, str, str], str]


@dataclass(frozen=True)
class Row:
    """A case as the table shows it."""

    name: str
    # The answer of each target that has the case.
    answers: dict[TargetName, str]
    note: str = ""
    # The clients that can make the call; all, if empty.
    clients: frozenset[str] = frozenset()


@dataclass
class Cell:
    """What a test has its cell say."""

    instead: str = "yes"


@dataclass
class Cells:
    """What the tests of this run have recorded."""

    _cells: _Cells = field(default_factory=dict)

    @contextmanager
    def recorded(self, target: TargetName, case: str, client: str) -> Iterator[Cell]:
        """Record "yes", or what the block says instead, if it ends well, and "no" if it does not."""
        cell, key = Cell(), (target, case, client)
        self._cells[key] = "no"
        yield cell
        self._cells[key] = cell.instead

    def document(self, rows: Sequence[Row], clients: Sequence[str], committed: str) -> str:
        """The document: the cells of this run, and for what did not run the committed document's."""
        cells = {**_read(committed, clients), **self._cells}
        notes = _Notes()
        tables = [_table(target, rows, clients, cells, notes) for target in TargetName]
        return "\n".join([_HEAD, *tables, "## Notes\n", *notes.lines(), ""])


class _Notes:
    """Footnotes in the order in which they are first needed."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, note: str) -> str:
        return f" [{self._numbers.setdefault(note, len(self._numbers) + 1)}]" if note else ""

    def lines(self) -> list[str]:
        return [f"{number}. {note}" for note, number in self._numbers.items()]


def case_rows() -> list[Row]:
    """The rows of the cases that all clients have in common."""
    return [
        Row(case.name, {target: str(answer) for target, answer in case.answers.items()}, case.note) for case in CASES
    ]


def _table(target: TargetName, rows: Sequence[Row], clients: Sequence[str], cells: _Cells, notes: _Notes) -> str:
    lines = [f"## {target.value}\n", _line(["call", "answer", *clients]), _line(["---"] * (len(clients) + 2))]
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


def _read(document: str, clients: Sequence[str]) -> _Cells:
    cells: _Cells = {}
    headings = {target.value: target for target in TargetName}
    target: TargetName | None = None
    columns: list[str] = []
    for line in document.splitlines():
        if heading := re.fullmatch(r"## (.+)", line):
            target, columns = headings.get(heading[1]), []
        elif line.startswith("| ") and target:
            name, _, *texts = line.strip("| ").split(" | ")
            if not columns:
                columns = texts
            elif name != "---":
                cells.update({(target, name, client): text for client, text in zip(columns, texts, strict=True)})
    return {key: text for key, text in cells.items() if key[2] in clients}


_HEAD = """\
# What each client gets

Written by `make clients-table` from what the tests in `tests/clients` saw; one of them fails if this file says
something else. *yes*: the client made the call and reported the answer in the second column: its status and type as far
as the client shows them, as an error of its own class where the client has one, with a text to read that repeats no
value. After a success the contact had, character by character, what was sent; otherwise nothing had changed. *–*: the
client has no such thing.

- **boto3**: its own `connect` client for Amazon Connect, and for the endpoint the one made from
  `connect-constructs client-model`.
- **AWS CLI 1** and **2**: likewise `aws connect …` and `aws contact-updates …`, with `--cli-input-json` where nothing
  else is said. A success prints nothing and exits with 0; an error names its type and its text.
- **JavaScript**: the AWS SDK for JavaScript, version 3; for the endpoint with a signer for `execute-api`.
- **HTTP**: JSON over plain HTTP, signed with botocore.
- **paws form**: the same, in the form that R's paws was seen to send: the content type `application/x-amz-json-1.1`,
  sorted keys, no body where it would be empty. The test signs it for `execute-api`, which paws itself does not do.

Checks of parameters on the client's side are switched off, so that what is wrong does arrive. Everything ran in the
local AWS: an emulator, and an Amazon Connect in memory that answers as the real one is documented to. Nothing was tried
against a live AWS account.
"""
