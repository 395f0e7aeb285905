"""The command: every check runs, and a problem ends it with 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.release import __main__ as release_check
from tools.release.distributions import differing_files


def test_checks_after_one_that_fails_run_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(workspace: Path) -> list[str]:
        raise ValueError("no wheel")

    checks = {"first": lambda workspace: ["one is wrong"], "second": breaks, "third": lambda workspace: []}
    monkeypatch.setattr(release_check, "CHECKS", checks)

    assert release_check.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "1/3 first … not ok (0 s)",
        "    one is wrong",
        "2/3 second … not ok (0 s)",
        "    no wheel",
        "3/3 third … ok (0 s)",
        "release-check: 2 of 3 checks failed",
    ]


def test_summary_names_the_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "one.whl").touch()
    monkeypatch.setattr(release_check, "DIST", tmp_path)
    monkeypatch.setattr(release_check, "CHECKS", {"first": lambda workspace: []})

    assert release_check.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "    dist/one.whl"


def test_failed_command_is_a_problem_with_what_it_printed() -> None:
    assert release_check.printed_if_it_fails("sh", "-c", "echo out; echo err >&2; exit 3") == ["out", "err"]
    assert release_check.printed_if_it_fails("sh", "-c", "exit 3") == ["sh exited with 3"]
    assert release_check.printed_if_it_fails("sh", "-c", "echo out") == []


def test_files_that_two_builds_made_differently_are_named(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "same.whl").write_bytes(b"same")
        (folder / "different.tar.gz").write_bytes(folder.name.encode())
    (other / "more.whl").touch()

    assert differing_files(one, other) == ["different.tar.gz: two builds differ", "more.whl: two builds differ"]
