"""The report in the documentation is a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from connect_constructs.cli import main
from tests.docs.pages import ROOT, blocks

SNAPSHOT = ROOT / "tests/constructs/__snapshots__/test_templates/test_queue_template_is_as_it_was.json"


def test_report_in_the_documentation_is_what_the_command_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A queue is renamed, and two methods lose their authorization."""
    before = SNAPSHOT.read_text(encoding="utf-8")
    after = before.replace("UpdatesQueueEF7196B1", "RenamedQueue1A2B3C4D").replace('"AWS_IAM"', '"NONE"')
    files = [tmp_path / folder / "ContactUpdates.template.json" for folder in ("old", "new")]
    for file, text in zip(files, (before, after), strict=True):
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")

    main(["review", *map(str, files)])

    (shown,) = (block.text for block in blocks(ROOT / "docs/review.md") if "1 Data lost or stranded" in block.text)
    assert shown.strip() == capsys.readouterr().out.strip()
