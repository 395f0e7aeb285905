"""A run's directory. The run removes it when it ends or, if the run was killed, the next one does.

A run locks its directory for as long as it lives. The kernel releases the lock however the run ends.
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
    """A private directory for a run. First removes the directories of this user's dead runs.

    :param parent: The folder for all runs' directories. Default: the folder for temporary files.
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
            continue  # not locked yet, so another run took it for a dead run's and removed it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            os.close(lock)
            path.rmdir()
            raise LocalAwsError(f"{parent}: {error.strerror}. Set TMPDIR to a folder on a local disk") from None
        if path.exists():
            return path, lock
        os.close(lock)  # removed just before it was locked


def _remove_if_dead(path: Path) -> None:
    # It may belong to another user, or another run may have just removed it.
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
