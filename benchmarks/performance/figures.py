"""All figures of one run, and their targets."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.performance.asset import Archive
from benchmarks.performance.cold_start import ColdStart
from benchmarks.performance.demo import Demo
from benchmarks.performance.handlers import BOTO3, OURS, POWERTOOLS
from benchmarks.performance.paired_runs import Ratio, Samples, ratio
from benchmarks.performance.synthesis import BY_HAND, SOLUTIONS_CONSTRUCTS
from benchmarks.performance.warm_path import WarmPath

Unit = Callable[[float], str]

_CALL = "botocore"


def seconds(value: float) -> str:
    return f"{value:.2f} s"


def milliseconds(value: float) -> str:
    return f"{value * 1e3:.0f} ms" if value >= 0.01 else f"{value * 1e3:.1f} ms"


def microseconds(value: float) -> str:
    return f"{value * 1e6:,.0f} µs"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything that was measured."""

    machine: Sequence[str]
    runs: int
    cold_start: ColdStart
    import_shares: dict[str, float]
    warm_path: WarmPath
    archive: Archive
    synthesis: Samples
    demo: Demo


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure, a peer's figure, and the target."""

    figure: str
    ours: str
    peer: str = ""
    peers: str = ""
    ratio: Ratio | None = None
    target: str = ""
    met: bool | None = None

    @property
    def result(self) -> str:
        """Whether the target is met, in one word; empty if there is no target."""
        return "" if self.met is None else "met" if self.met else "**missed**"


def findings(figures: Figures) -> Iterator[Finding]:
    start, warm = figures.cold_start, figures.warm_path
    for peer, most in ((BOTO3, 0.60), (POWERTOOLS, 0.30)):
        yield _compared("cold start, CPU", start.start, peer, unit=milliseconds, most=most)
    for peer in (BOTO3, POWERTOOLS):
        yield _compared("first request, CPU", start.first_request, peer, unit=milliseconds)
    own = warm.own | {_CALL: warm.call[OURS]}
    yield replace(
        _compared("warm request, CPU outside botocore", own, _CALL, unit=microseconds),
        target="≤ 100 µs",
        met=statistics.median(own[OURS]) <= 100e-6,
    )
    yield _compared("warm request, CPU outside botocore", own, POWERTOOLS, unit=microseconds)
    yield _growth(warm.own_by_size)
    yield Finding(
        figure="asset, zipped",
        ours=f"{figures.archive.size:,} bytes",
        target="< 50,000 bytes",
        met=figures.archive.size < 50_000,
    )
    for peer, most in ((BY_HAND, 1.05), (SOLUTIONS_CONSTRUCTS, 0.70)):
        yield _compared("synthesis, CPU", figures.synthesis, peer, unit=seconds, most=most)
    yield Finding(
        figure="`make demo`, by the clock",
        ours=seconds(figures.demo.seconds),
        target="< 20 s",
        met=figures.demo.seconds < 20,
    )


def _growth(own_by_size: dict[str, dict[int, float]]) -> Finding:
    """The growth for an update twice as large: at most double if linear. The worse of the two kinds of text counts."""
    smaller, larger = sorted(next(iter(own_by_size.values())))[-2:]
    growth = max(by_size[larger] / by_size[smaller] for by_size in own_by_size.values())
    return Finding(
        figure=f"the same for {larger:,} bytes of attributes, divided by that for {smaller:,}",
        ours=f"{growth:.2f}",
        target=f"linear: ≤ {1.1 * larger / smaller:.2f}",
        met=growth <= 1.1 * larger / smaller,
    )


def _compared(figure: str, samples: Samples, peer: str, *, unit: Unit, most: float | None = None) -> Finding:
    """Compare ours with a peer's. `most` is the target for the median ratio."""
    found = ratio(samples[OURS], samples[peer])
    return Finding(
        figure=figure,
        ours=unit(statistics.median(samples[OURS])),
        peer=peer,
        peers=unit(statistics.median(samples[peer])),
        ratio=found,
        target="" if most is None else f"≤ {most:.2f}",
        met=None if most is None else found.median <= most,
    )
