"""Compares the public names with those of the last release (make public-names).

Runs in .venv/release, which has griffe. Nothing is imported: griffe reads the source of both.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

from tools.release.version import ROOT, last_release, may_break, project_version

PACKAGE = "connect_constructs"


def breaking_changes(root: Path, tag: str) -> list[str]:
    """The changes since `tag` that break code that uses public names, one line for each."""
    old = griffe.load_git(PACKAGE, ref=tag, repo=root, allow_inspection=False)
    # By default, griffe would prefer a folder of this name in the working directory.
    new = griffe.load(PACKAGE, search_paths=[root], try_relative_path=False, allow_inspection=False)
    found = []
    for module in _modules(old):
        # The public names are those in __all__. To griffe, everything in a module without __all__ is public.
        module.public = bool(module.exports)
        if module.exports:
            today = new[module.path.partition(".")[2]] if "." in module.path else new
            found += [
                f"{module.path}.{name}: is no longer in __all__"
                for name in sorted(set(module.exports) - set(today.exports or []))
            ]
    return [*found, *(_line(breakage, root) for breakage in griffe.find_breaking_changes(old, new))]


def _modules(module: griffe.Module) -> Iterator[griffe.Module]:
    yield module
    for inner in module.modules.values():
        if not inner.is_alias:
            yield from _modules(inner)


def _line(breakage: griffe.Breakage, root: Path) -> str:
    # griffe always adds colours.
    return re.sub(r"\x1b\[\d*m", "", breakage.explain()).removeprefix(f"{root}/")


def main(root: Path = ROOT) -> int:
    """Print the breaking changes. Returns 1 if the version does not allow them."""
    tag = last_release(root)
    if tag is None:
        print("public names: no release before this commit, nothing to compare with")
        return 0
    breaking = breaking_changes(root, tag)
    allowed = may_break(tag, project_version(root))
    print(f"public names: breaking changes since {tag}: {len(breaking)}")
    for line in breaking:
        print(f"  {line}")
    if breaking and not allowed:
        print(f"  version {project_version(root)} must not break {tag}: keep the names, or raise the version")
    return 1 if breaking and not allowed else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
