"""The description for package indexes: README.md with absolute links to the files of the version's tag.

This is a hatchling hook, which runs at each build (pyproject.toml, tool.hatch.metadata.hooks.custom).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE_TARGET = re.compile(r"(?P<picture>!?)(?P<text>\[[^]]*\]\()(?!\w+:)(?P<target>[^)\s]+)")


class IndexDescription(MetadataHookInterface):
    """Sets the project's `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        repository, tag = metadata["urls"]["Repository"], f"v{metadata['version']}"
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": _RELATIVE_TARGET.sub(lambda link: _absolute(link, repository, tag), readme),
        }


def _absolute(link: re.Match[str], repository: str, tag: str) -> str:
    target = link["target"]
    # A page about the picture is no picture.
    place = "" if target.startswith("#") else f"/raw/{tag}/" if link["picture"] else f"/blob/{tag}/"
    return f"{link['picture']}{link['text']}{repository}{place}{target}"
