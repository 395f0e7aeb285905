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
        return "\n".join([_HEAD, *tables, "## Notes\n", *notes.lines(), "", _AWS_ITSELF])


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
- **JavaScript**: the AWS SDK for JavaScript, version 3; for the endpoint with `signingName: "execute-api"`.
- **HTTP**: JSON over plain HTTP, signed with botocore.
- **paws (imitated)**: not R's paws itself, which the tests do not install, but an imitation in Python of what paws
  0.10.0 was seen to send and to read: the content type `application/x-amz-json-1.1`, sorted keys, text instead of
  numbers and booleans, no body where it would be empty; an error's type from the header; no second attempt. The
  imitation signs for `execute-api`, for which paws has no setting.

Checks of parameters on the client's side are switched off, so that what is wrong does arrive. Everything ran in the
local AWS: an emulator, and an Amazon Connect in memory that answers as the real one is documented to. Nothing was tried
against a live AWS account.
"""

_AWS_ITSELF = """\
## What AWS itself shows

Nobody here had a live account. This is what is publicly known of API Gateway, and what the local AWS imitates.

The function answers with Amazon Connect's types, and API Gateway passes its header and body on. Requests that API
Gateway answers by itself, before the function, get a body in Amazon Connect's form from the endpoint's gateway
responses, but the type in the header is API Gateway's own. It cannot be replaced: where a gateway response sets
`x-amzn-ErrorType`, API Gateway sends both ([smithy#1170], [smithy#1934], [aws-sdk-js-v3#3852]). botocore joins the two
into one code, `InvalidRequestException, BadRequestException`, for which there is no class, and before version 1.44 it
does not retry a throttle with such a code. So the endpoint leaves the header to API Gateway. Clients that read it
(boto3, the AWS CLIs, JavaScript, paws) show these codes, which have no classes of their own but for
AccessDeniedException; clients that read the body's `__type` show the endpoint's types:

| status | API Gateway's code | when | source |
| --- | --- | --- | --- |
| 401 | UnauthorizedException | an authorizer found no valid token | [localstack#11142] |
| 403 | MissingAuthenticationTokenException | not signed, or no such path | [localstack#11142] |
| 403 | InvalidSignatureException | the signature does not match | [aws4#23], a recorded answer |
| 403 | UnrecognizedClientException | an unknown access key | [Paw-AWSSignature4DynamicValue#5], a recorded answer |
| 403 | IncompleteSignatureException | an Authorization header of another kind | [smithy#1170], a recorded answer |
| 403 | ExpiredTokenException | the credentials have expired | [localstack#11142], not validated against AWS |
| 403 | AccessDeniedException | IAM or an authorizer denies the call | [localstack#11142], not validated against AWS |
| 403 | ForbiddenException | the API key is missing or wrong | [localstack#11142] |
| 413 | a guess: RequestEntityTooLargeException | the body is larger than 10 MB | none found |
| 429 | TooManyRequestsException | the endpoint's throttle | [localstack#11142] |
| 429 | LimitExceededException | the API key's quota is used up | [localstack#11142] |
| 5xx | InternalServerErrorException | the function failed or took too long | [localstack#11142] |

boto3 (mode `standard`), both AWS CLIs and JavaScript try again after TooManyRequestsException, as after
ThrottlingException. Code that handles a throttle should look at the status 429, which is the same for all of them.

[aws4#23]: https://github.com/mhart/aws4/issues/23
[aws-sdk-js-v3#3852]: https://github.com/aws/aws-sdk-js-v3/pull/3852
[localstack#11142]: https://github.com/localstack/localstack/pull/11142
[Paw-AWSSignature4DynamicValue#5]: https://github.com/badslug/Paw-AWSSignature4DynamicValue/issues/5
[smithy#1170]: https://github.com/smithy-lang/smithy/issues/1170
[smithy#1934]: https://github.com/smithy-lang/smithy/pull/1934
"""
