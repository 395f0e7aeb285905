"""docs/performance.svg: bars for the CPU time of a start and of a warm request. Run by benchmarks.drawing."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.svg import NEUTRAL, OURS, PEER, run

_COLOURS = {"ours": OURS, "peer": PEER, "neutral": NEUTRAL}


def picture(groups: list[dict[str, Any]]) -> Figure:
    """Draw what benchmarks.performance.bars returned."""
    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    heights = [len(group["bars"]) for group in groups]
    for axes, group in zip(figure.subplots(len(groups), height_ratios=heights), groups, strict=True):
        _draw(axes, group)
    return figure


def _draw(axes: Axes, group: dict[str, Any]) -> None:
    for bar in group["bars"]:
        end = 0.0
        for part in bar["parts"]:
            axes.barh(bar["name"], part["seconds"], left=end, color=_COLOURS[part["kind"]], height=0.7)
            end += part["seconds"]
        axes.annotate(
            " + ".join(part["label"] for part in bar["parts"]),
            (end, bar["name"]),
            xytext=(5, 0),
            textcoords="offset points",
            verticalalignment="center",
        )
    axes.set_title(group["title"])
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.xaxis.set_visible(False)
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.tick_params(left=False)


if __name__ == "__main__":
    run(picture, title="Processor time of a start and of a warm request")
