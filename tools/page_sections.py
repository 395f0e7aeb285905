"""The parts of a documentation page that a program writes, between a pair of comments that name them.

    <!-- begin: clients, written by make clients-table -->
    …
    <!-- end: clients -->

Everything outside the comments is written by hand and stays as it is.
"""

from __future__ import annotations

import re
from pathlib import Path


def section(page: Path, name: str) -> str:
    """The section's content, without the comments and the blank lines around it.

    Raises:
        ValueError: if the page does not have exactly one section of that name.
    """
    return _find(page.read_text(encoding="utf-8"), page, name)["content"].strip("\n")


def write_section(page: Path, name: str, content: str) -> None:
    """Replace the section's content, with a blank line on either side, so that Markdown sees a block of its own.

    Raises:
        ValueError: as `section` does.
    """
    text = page.read_text(encoding="utf-8")
    start, end = _find(text, page, name).span("content")
    page.write_text("{}\n{}\n\n{}".format(text[:start], content.strip("\n"), text[end:]), encoding="utf-8")


def _find(text: str, page: Path, name: str) -> re.Match[str]:
    begin, end = rf"<!-- begin: {re.escape(name)}, written by [^\n]+ -->", rf"<!-- end: {re.escape(name)} -->"
    found = list(re.finditer(rf"^{begin}\n(?P<content>.*?)^{end}$", text, re.MULTILINE | re.DOTALL))
    if len(found) != 1:
        raise ValueError(f"{page}: expected one section {name!r} with its begin and end comments, found {len(found)}")
    return found[0]
