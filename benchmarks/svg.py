"""Reproducible SVG files: the same data gives the same bytes. Runs in the environment of the benchmark's peers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

OURS, PEER, NEUTRAL = "#1b6ca8", "#d9822b", "#c3cad1"

mpl.rcParams.update(
    {
        # Element ids are derived from this instead of being random.
        "svg.hashsalt": "connect-constructs",
        # Text stays text: searchable, and small.
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "text.color": "#24292f",
        "axes.labelcolor": "#24292f",
        "axes.edgecolor": "#57606a",
        "axes.titlesize": 12,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "figure.constrained_layout.w_pad": 0.15,
        "figure.constrained_layout.h_pad": 0.15,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": "#d8dee4",
    }
)


def run(picture: Callable[[Any], Figure], *, title: str) -> None:
    """Read the data from standard input, draw it, and write the file named on the command line.

    :param title: The picture's title for screen readers.
    """
    figure = picture(json.load(sys.stdin))
    figure.savefig(sys.argv[1], format="svg", metadata={"Title": title, "Date": None})
