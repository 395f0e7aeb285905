"""The setup cache: what is set up once is kept for the next time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_directory() -> Path:
    """The folder of this package in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "connect-constructs"


def cached(name: str, build: Callable[[Path], None], *, wanted: str) -> Path:
    """The file `wanted` in the folder `name` of the cache, which is built by `build(folder)` if the file is not there.

    The folder appears under its name only when it is complete. Of several processes one builds, and the others wait.
    """
    folder = cache_directory() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # A virtual environment's interpreter is a link, which leads nowhere when that Python has been removed.
        if not (folder / wanted).exists():
            # Also what a setup that was killed has left: whoever holds the lock is the only one that builds.
            for left in (folder, *folder.parent.glob(f"{name}.????????")):
                shutil.rmtree(left, ignore_errors=True)
            building = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=folder.parent))
            try:
                build(building)
                building.rename(folder)
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
    return folder / wanted
