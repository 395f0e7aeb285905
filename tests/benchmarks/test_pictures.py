"""Pictures are reproducible: a difference means that the figures differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.drawing import PEERS_PYTHON, draw

_PERFORMANCE = [
    {"title": f"Group {number}", "bars": [{"name": "ours", "parts": [{"seconds": 1.5, "label": "a", "kind": "ours"}]}]}
    for number in range(2)
]
_QUEUE_FIGURES = [
    {
        "name": "1 update",
        "seconds": {"queue": 10.0, "naive": 100.0, "limit": 1.0},
        "labels": {"queue": "a", "naive": "b", "limit": "c"},
    }
]


@pytest.mark.parametrize(
    ("module", "data", "shown"),
    [
        ("benchmarks.performance.picture", _PERFORMANCE, {"Group 0", "Group 1", "ours", "a"}),
        ("benchmarks.queue_figures.picture", _QUEUE_FIGURES, {"1 update", "a", "b", "c", "queue", "naive", "limit"}),
    ],
)
def test_picture_has_the_same_bytes_each_time(module: str, data: Any, shown: set[str], tmp_path: Path) -> None:
    if not PEERS_PYTHON.exists():
        pytest.skip("matplotlib is missing (make queue-figures or make bench)")
    pictures = [tmp_path / "first.svg", tmp_path / "second.svg"]

    for picture in pictures:
        draw(module, data, picture)

    first, second = (picture.read_bytes() for picture in pictures)
    assert first == second
    texts = {"".join(element.itertext()) for element in ElementTree.fromstring(first).iter()}  # noqa: S314 # our own
    assert shown <= texts
