"""The setup cache: results of a slow setup, kept for the next run."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_directory() -> Path:
    """This package's folder in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "connect-constructs"


def cached(name: str, build: Callable[[Path], None], *, wanted: str) -> Path:
    """The file `wanted` in the cache folder `name`. If it is missing, `build(folder)` builds the folder first.

    The folder gets its name only when it is complete. If several processes need it, one builds and the others wait.
    """
    folder = cache_directory() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # A virtual environment's interpreter is a symlink, which dangles once that Python has been removed.
        if not (folder / wanted).exists():
            # Also removes the remains of killed setups: only the holder of the lock builds.
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
