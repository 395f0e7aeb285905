"""The data of docs/performance.svg, for benchmarks.performance.picture."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.performance.cold_start import INTERPRETER
from benchmarks.performance.figures import Figures, Unit, microseconds, milliseconds
from benchmarks.performance.handlers import BOTO3, OURS, POWERTOOLS


def bars(figures: Figures) -> list[dict[str, Any]]:
    """Two groups of bars. A bar has a name and parts; a part has its seconds, a label and a kind."""
    start, warm = figures.cold_start.start, figures.warm_path
    return [
        {
            "title": "Cold start: processor time until a request can be taken",
            "bars": [
                {"name": name, "parts": [_part(start[name], milliseconds, _kind(name))]}
                for name in (OURS, BOTO3, POWERTOOLS, INTERPRETER)
            ],
        },
        {
            "title": "Warm request: the handler's own part, and botocore's call (grey)",
            "bars": [
                {
                    "name": name,
                    "parts": [
                        _part(warm.own[name], microseconds, _kind(name)),
                        _part(warm.call[name], microseconds, "neutral"),
                    ],
                }
                for name in (OURS, BOTO3, POWERTOOLS)
            ],
        },
    ]


def _part(samples: list[float], unit: Unit, kind: str) -> dict[str, Any]:
    median = statistics.median(samples)
    return {"seconds": median, "label": unit(median), "kind": kind}


def _kind(name: str) -> str:
    return {OURS: "ours", INTERPRETER: "neutral"}.get(name, "peer")
