"""docs/performance.svg: processor time of a start and of a warm request, in bars."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.performance.cold_start import INTERPRETER
from benchmarks.performance.figures import Figures, Unit, microseconds, milliseconds
from benchmarks.performance.handlers import BOTO3, OURS, POWERTOOLS

_OURS, _PEER, _CALL = "#1b6ca8", "#d9822b", "#c3cad1"
_LEFT, _PLOT_WIDTH, _RIGHT = 150, 420, 120
_BAR, _GAP, _HEAD = 22, 10, 58

# A bar: its name, and its parts with their colours.
_Bar = tuple[str, Sequence[tuple[float, str]]]


def picture(figures: Figures) -> str:
    start, warm = figures.cold_start.start, figures.warm_path
    starts: list[_Bar] = [
        (name, [(statistics.median(start[name]), _colour(name))]) for name in (OURS, BOTO3, POWERTOOLS, INTERPRETER)
    ]
    requests: list[_Bar] = [
        (name, [(statistics.median(warm.own[name]), _colour(name)), (statistics.median(warm.call[name]), _CALL)])
        for name in (OURS, BOTO3, POWERTOOLS)
    ]
    above, top = _group("Cold start: processor time until a request can be taken", starts, milliseconds, 0)
    below, height = _group(
        "Warm request: the handler's own part, and botocore's call (grey)", requests, microseconds, top
    )
    width = _LEFT + _PLOT_WIDTH + _RIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">',
            "<title>Processor time of a start and of a warm request</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *above,
            *below,
            "</svg>\n",
        ]
    )


def _colour(name: str) -> str:
    return {OURS: _OURS, INTERPRETER: _CALL}.get(name, _PEER)


def _group(title: str, bars: Sequence[_Bar], unit: Unit, top: float) -> tuple[list[str], float]:
    """The elements of a heading and its bars from `top` on, and where they end."""
    longest = max(sum(value for value, _ in parts) for _, parts in bars)
    elements = [f'<text x="16" y="{top + 34}" font-size="15" font-weight="600">{escape(title)}</text>']
    y = top + _HEAD
    for name, parts in bars:
        elements.append(f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>')
        x = float(_LEFT)
        for value, colour in parts:
            width = _PLOT_WIDTH * value / longest
            elements.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>')
            x += width
        label = " + ".join(unit(value) for value, _ in parts)
        elements.append(f'<text x="{x + 6:.1f}" y="{y + 15}">{label}</text>')
        y += _BAR + _GAP
    return elements, y + _GAP
