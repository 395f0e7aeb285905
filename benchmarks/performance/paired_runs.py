"""Processes measured in turn, so that a drift in the machine's speed affects all of them equally."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]
Samples = dict[str, list[float]]


class FailedRunError(Exception):
    """A command failed."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """The ratio of two series: the median and quartiles of the quotients of the single runs."""

    median: float
    lower_quartile: float
    upper_quartile: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lower_quartile:.2f}–{self.upper_quartile:.2f})"


def ratio(of: Sequence[float], to: Sequence[float]) -> Ratio:
    """The ratio of two series that were measured in the same runs."""
    lower, median, upper = quartiles([one / other for one, other in zip(of, to, strict=True)])
    return Ratio(median=median, lower_quartile=lower, upper_quartile=upper)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, median, upper


def completed(
    command: Command,
    environment: Mapping[str, str] | None = None,
    *,
    directory: Path | None = None,
    stdout: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run a command. Raises FailedRunError with what it printed to standard error if it fails."""
    done = subprocess.run(
        command, env=environment, cwd=directory, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise FailedRunError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")
    return done


def cpu_seconds(command: Command, environment: Mapping[str, str]) -> float:
    """The CPU time, user and system, of a process and of the children that it waited for."""
    arguments = [str(argument) for argument in command]
    process = os.posix_spawn(arguments[0], arguments, environment)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise FailedRunError(f"{' '.join(arguments)}: exit status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def in_turn(
    commands: Mapping[str, Command],
    environment: Mapping[str, str],
    *,
    runs: int,
    progress: Callable[[str], None],
) -> Samples:
    """The CPU seconds of each command in each run. The commands take turns; the first round is not counted."""
    samples: Samples = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            seconds = cpu_seconds(command, environment)
            if run:
                samples[name].append(seconds)
        progress(f"{run} of {runs}")
    return samples
