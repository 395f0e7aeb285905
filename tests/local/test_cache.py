"""The setup cache is reused, and rebuilt if it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from connect_constructs.local.cache import cached


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "connect-constructs"


def test_it_is_built_once() -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "tool").touch()

    assert cached("thing", build, wanted="tool") == cached("thing", build, wanted="tool")
    assert len(built) == 1


def test_a_link_that_leads_nowhere_is_built_anew(tmp_path: Path) -> None:
    target = tmp_path / "python"

    def build(folder: Path) -> None:
        target.touch()
        (folder / "python").symlink_to(target)

    cached("thing", build, wanted="python")
    target.unlink()

    assert cached("thing", build, wanted="python").exists()


def test_what_fails_half_way_is_not_kept(cache_folder: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        cached("thing", build, wanted="tool")

    assert [path.name for path in cache_folder.iterdir()] == ["thing.lock"]
