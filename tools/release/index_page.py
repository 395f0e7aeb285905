"""The package index's page, which is README.md with absolute links. Each must lead to a file of the tag."""

from __future__ import annotations

import email
import re
import zipfile
from email.message import Message
from pathlib import Path

from tools.release.version import git


def links(markdown: str) -> set[str]:
    """The targets of Markdown's links and pictures, and of HTML's."""
    found = re.findall(r"""\]\(\s*<?([^)\s>]+)|(?:href|src)=["']([^"']+)""", markdown)
    return {of_markdown or of_html for of_markdown, of_html in found}


def metadata(wheel: Path) -> Message:
    """The wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def page(wheel: Path) -> str:
    """The description in the wheel."""
    description = metadata(wheel).get_payload(decode=True)
    assert isinstance(description, bytes)
    return description.decode()


def project_urls(wheel: Path) -> dict[str, str]:
    """The project's URLs that the index shows beside the page, by name."""
    return dict(url.split(", ") for url in metadata(wheel).get_all("Project-URL", []))


def dead_links(markdown: str, *, repository: str, tag: str, files: set[str]) -> list[str]:
    """The dead links: relative ones, and those to files of the repository that the tag does not have.

    Links to other sites are not checked.
    """
    dead = []
    for target in sorted(links(markdown)):
        if not target.startswith(("https://", "#")):
            dead.append(f"{target}: not absolute")
        elif target.startswith(f"{repository}/"):
            place = target.removeprefix(f"{repository}/").partition("#")[0]
            kind, _, path = place.partition(f"/{tag}/")
            if kind not in ("blob", "raw", "tree"):
                dead.append(f"{target}: not a file of {tag}")
            elif path.rstrip("/") not in files:
                dead.append(f"{target}: {tag} has no {path}")
    return dead


def files_and_folders(root: Path) -> set[str]:
    """The files and folders of the current commit."""
    return set(git(root, "ls-tree", "-r", "-t", "--name-only", "HEAD").splitlines())
