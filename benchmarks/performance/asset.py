"""The Lambda functions' asset, as the constructs put it together."""

from __future__ import annotations

import shutil
from pathlib import Path

_HANDLER = Path(__file__).resolve().parents[2] / "lambda"


def copy_asset(to: Path) -> Path:
    """A copy of the asset's files, and of nothing else that lies among them, such as byte code."""
    for file in sorted(_HANDLER.rglob("*")):
        if file.suffix in {".py", ".json"}:
            target = to / file.relative_to(_HANDLER)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return to


def zipped_bytes(directory: Path) -> int:
    """The size of the asset's archive."""
    asset = copy_asset(directory / "asset")
    return Path(shutil.make_archive(str(directory / "asset"), "zip", asset)).stat().st_size
