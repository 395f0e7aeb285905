"""Builds the wheel and the sdist twice, from two clones, and compares the bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.release.version import git


def build_twice(root: Path, workspace: Path, dist: Path) -> list[str]:
    """Build the current commit twice, put the files into `dist`, and name those that differ between the builds.

    The second build has another path, other file times and another umask.
    """
    first, second = workspace / "first", workspace / "the" / "second"
    build(clone(root, first), umask=0o022)
    build(clone(root, second, file_time=1_000_000_000), umask=0o077)
    dist.mkdir(exist_ok=True)
    # Files of earlier builds must not be uploaded.
    for old in dist.iterdir():
        old.unlink()
    for file in (first / "dist").iterdir():
        shutil.copyfile(file, dist / file.name)
    return differing_files(first / "dist", second / "dist")


def clone(root: Path, directory: Path, *, file_time: int | None = None) -> Path:
    """A clone of `root`, without uncommitted changes; optionally, all its files have one time (in epoch seconds)."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    git(directory.parent, "clone", "--quiet", str(root), str(directory))
    if file_time is not None:
        for path in directory.rglob("*"):
            os.utime(path, (file_time, file_time), follow_symlinks=False)
    return directory


def build(source: Path, *, umask: int) -> None:
    """Build into dist/, with the locked hatchling and the time of the commit.

    :raises ValueError: if the build fails, with its output.
    """
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"],
        cwd=source,
        env={**os.environ, "SOURCE_DATE_EPOCH": git(source, "log", "-1", "--format=%ct")},
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stdout)


def differing_files(one: Path, other: Path) -> list[str]:
    """The files that are in only one of the folders, or have different bytes."""
    names = sorted({file.name for folder in (one, other) for file in folder.iterdir()})
    return [f"{name}: two builds differ" for name in names if _digest(one / name) != _digest(other / name)]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""
