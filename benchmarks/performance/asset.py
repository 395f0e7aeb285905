"""The Lambda functions' asset, as the constructs build it."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

_HANDLER = Path(__file__).resolve().parents[2] / "lambda"


def copy_asset(to: Path) -> Path:
    """Copy the asset's files without anything else in the folder, such as byte code."""
    for file in sorted(_HANDLER.rglob("*")):
        if file.suffix in {".py", ".json"}:
            target = to / file.relative_to(_HANDLER)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return to


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The size of the asset's archive in bytes, in total and by file suffix."""

    size: int
    by_suffix: dict[str, int]


def archive(directory: Path) -> Archive:
    """Build the asset's archive in `directory`."""
    file = Path(shutil.make_archive(str(directory / "asset"), "zip", copy_asset(directory / "asset")))
    by_suffix: Counter[str] = Counter()
    with ZipFile(file) as members:
        for member in members.infolist():
            by_suffix[Path(member.filename).suffix] += member.compress_size
    return Archive(size=file.stat().st_size, by_suffix=dict(by_suffix))
