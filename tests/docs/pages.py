"""The pages of the documentation, and the examples in them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import NamedTuple

from sybil import Document, Example
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).resolve().parents[2]
SITE = sorted((ROOT / "docs").glob("*.md"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/browser/README.md")),
    *SITE,
]


class Block(NamedTuple):
    """A fenced block."""

    page: str
    before: str
    """The page up to the block."""
    language: str
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """All fenced blocks, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=name_of(page),
            before=text[: region.start],
            language=region.lexemes["language"].strip(),
            text=textwrap.dedent(region.lexemes["source"]),
        )
        for region in FencedCodeBlockLexer(language=".*")(Document(text, str(page)))
    ]


def python_examples(page: Path) -> list[Example]:
    """The page's Python blocks. They share the namespace of the document, as a reader reads them."""
    return list(Document.parse(str(page), PythonCodeBlockParser()))


def talks_to_aws(example: Example) -> bool:
    """Whether it needs a local AWS; tests/local/test_documentation.py runs those."""
    return "import boto3" in example.parsed or "LocalAws(" in example.parsed or "json, boto3" in example.parsed


def is_test(example: Example) -> bool:
    """Whether it is a test of its own, for pytest."""
    return "def test_" in example.parsed
