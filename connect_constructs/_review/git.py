"""Committed templates, against the merge base with another branch."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from connect_constructs._review.errors import InputError
from connect_constructs._review.reading import (
    StackInput,
    looks_like_template,
    parsed_json,
    parsed_template,
    read_text,
)

# What a repository's configuration could have Git run is switched off.
_GIT_OPTIONS = ("-c", "core.fsmonitor=false", "--no-pager")


def read_against_base(revision: str, paths: Sequence[str]) -> tuple[list[StackInput], list[StackInput]]:
    """The templates among `paths` that differ from the merge base of `revision` and HEAD, old and new.

    A folder stands for the JSON templates in it. What is new is the working tree, committed or not.

    :raises InputError: if Git or one of the templates cannot be read.
    """
    root = Path(_git("rev-parse", "--show-toplevel").strip())
    commit = _git(
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        fails=(f"{revision}: no such revision in this repository"),
    ).strip()
    base = _git(
        "merge-base",
        commit,
        "HEAD",
        fails=(
            f"HEAD and {revision} have no commit in common: a shallow clone needs its history (git fetch --unshallow)"
        ),
    ).strip()
    old, new = [], []
    for name in _changed(base, paths):
        explicit = any((Path.cwd() / path).resolve() == (root / name).resolve() for path in paths)
        if not explicit and not name.endswith(".json"):
            continue
        before = _at(base, name, explicit)
        if before is not None:
            old.append(before)
        after = _now(root, name, explicit)
        if after is not None:
            new.append(after)
    return old, new


def _changed(base: str, paths: Sequence[str]) -> list[str]:
    for path in paths:
        if not Path(path).exists() and not _git("ls-tree", "-r", "--name-only", base, "--", path).strip():
            raise InputError(f"{path}: neither here nor in the merge base")
    arguments = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", base, "--", *paths)
    tracked = _git("diff", *arguments).split("\0")
    untracked = _git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", *paths).split("\0")
    return sorted({name for name in (*tracked, *untracked) if name})


def _at(commit: str, name: str, explicit: bool) -> StackInput | None:
    """The template of that name in the commit; None where there is none, or something else: a link, a submodule."""
    entry = _git("ls-tree", "--full-tree", commit, "--", name)
    if not entry.startswith("100"):
        return None
    text = _git("show", "--no-ext-diff", "--no-textconv", f"{commit}:{name}").removeprefix("\ufeff")
    return _template(text, f"{commit[:10]}:{name}", name, explicit)


def _now(root: Path, name: str, explicit: bool) -> StackInput | None:
    path = root / name
    folders = list(Path(name).parents)[:-1]
    if path.is_symlink() or any((root / folder).is_symlink() for folder in folders):
        # It can lead out of the repository, and the report is for people who may not read what is there.
        raise InputError(f"{name}: is a symbolic link or in a folder that is one, which is not followed")
    return _template(read_text(path), str(path), name, explicit) if path.is_file() else None


def _template(text: str, source: str, name: str, explicit: bool) -> StackInput | None:
    # Beside templates a folder has other JSON files; one that is no JSON at all is an error.
    if not explicit and not looks_like_template(parsed_json(text, source)):
        return None
    return StackInput(name, parsed_template(text, source))


def _git(*arguments: str, fails: str = "") -> str:
    git = shutil.which("git")
    if git is None:
        raise InputError("--base needs Git, which is not on the path")
    done = subprocess.run([git, *_GIT_OPTIONS, *arguments], capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(fails or f"git {arguments[0]}: {said[0] if said else done.returncode}")
    try:
        return done.stdout.decode()
    except UnicodeDecodeError:
        raise InputError(f"git {arguments[0]}: expected UTF-8 text") from None
