"""SVG files from matplotlib that have the same bytes each time. Runs in the environment of the benchmark's peers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# Those of the project.
OURS, PEER, NEUTRAL = "#1b6ca8", "#d9822b", "#c3cad1"

mpl.rcParams.update(
    {
        # Ids are derived from it instead of from chance.
        "svg.hashsalt": "connect-constructs",
        # Letters stay letters, which readers can search for.
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
    """Draw the data on standard input, and write the file that the command line names.

    :param title: What readers of the screen hear.
    """
    figure = picture(json.load(sys.stdin))
    figure.savefig(sys.argv[1], format="svg", metadata={"Title": title, "Date": None})
