"""docs/queue-figures.svg: grouped bars of the seconds to drain each burst. Run by benchmarks.drawing."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from benchmarks.svg import NEUTRAL, OURS, PEER, run

_COLOURS = {"queue": OURS, "naive": PEER, "limit": NEUTRAL}
_WIDTH = 0.28


def picture(bursts: list[dict[str, Any]]) -> Figure:
    """Draw one group of bars for each burst, from its name and the seconds and label of each bar."""
    figure = Figure(figsize=(1.35 * max(len(bursts), 4), 4.6), layout="constrained")
    axes = figure.subplots()
    for number, (name, colour) in enumerate(_COLOURS.items()):
        places = [place + (number - 1) * _WIDTH for place in range(len(bursts))]
        drawn = axes.bar(
            places, [burst["seconds"][name] for burst in bursts], _WIDTH, color=colour, label=name, log=True
        )
        axes.bar_label(drawn, [burst["labels"][name] for burst in bursts], padding=2, fontsize=7)
    axes.set_title("Seconds to drain a burst (logarithmic scale)")
    axes.set_xticks(range(len(bursts)), [burst["name"] for burst in bursts])
    axes.tick_params(bottom=False)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.grid(axis="y")
    axes.legend(loc="upper left", ncols=len(_COLOURS), frameon=False)
    axes.margins(x=0.01, y=0.15)
    return figure


if __name__ == "__main__":
    run(picture, title="Seconds to drain a burst of updates")
