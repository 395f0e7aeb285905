"""The directory of a run, which the run removes at its end, or, if it was killed, the next run.

A run holds a lock on its directory for as long as it lives; the kernel releases it however the run ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "connect-constructs-local-"


@contextlib.contextmanager
def run_directory(parent: Path | None = None) -> Iterator[Path]:
    """A directory that nobody else can enter, after the directories of this user's dead runs have been removed.

    :param parent: Where they are. Default: the folder for temporary files.
    """
    parent = parent or Path(tempfile.gettempdir())
    for path in parent.glob(f"{_PREFIX}*"):
        _remove_if_dead(path)
    path, lock = _make(parent)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _make(parent: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        with contextlib.suppress(OSError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            # Another run has taken it for a dead one's, before it was locked.
            os.close(lock)


def _remove_if_dead(path: Path) -> None:
    # What is somebody else's, a link or a file, and what another run has just removed.
    with contextlib.suppress(OSError):
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
        finally:
            os.close(lock)
