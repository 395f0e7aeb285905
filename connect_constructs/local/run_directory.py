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

from connect_constructs.local.errors import LocalAwsError

_PREFIX = "connect-constructs-local-"


@contextlib.contextmanager
def run_directory(parent: Path | None = None) -> Iterator[Path]:
    """A directory that nobody else can enter, after the directories of this user's dead runs have been removed.

    :param parent: Where they are. Default: the folder for temporary files.
    :raises LocalAwsError: if the directory cannot be locked.
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
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # removed by another run, which took it for a dead run's because it was not locked yet
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            os.close(lock)
            path.rmdir()
            raise LocalAwsError(f"{parent}: {error.strerror}. Set TMPDIR to a folder on a local disk") from None
        if path.exists():
            return path, lock
        os.close(lock)  # removed between the two


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
