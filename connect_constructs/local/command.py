"""Runs the commands of others: their output is kept for when they fail, and they do not outlive us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from connect_constructs.local.errors import LocalAwsError

# What a failure shows of the command's output.
_LAST_LINES = 25

_running: set[subprocess.Popen[str]] = set()


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    environment: Mapping[str, str],
    directory: Path | None = None,
    timeout_seconds: float = 600,
) -> str:
    """Run `command` and return what it printed. `doing` says in an error what it was for, as in "synthesising".

    Raises LocalAwsError with the last lines of its output if it fails or takes longer than `timeout_seconds`.
    """
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise LocalAwsError(f"{doing} failed: {error.filename} is not there") from None
    _running.add(process)
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        raise LocalAwsError(f"{doing} took longer than {timeout_seconds:.0f} seconds") from None
    finally:
        end_group(process, grace_seconds=2)
        _running.discard(process)
    if process.returncode != 0:
        raise LocalAwsError(f"{doing} failed:\n{last_lines(output)}")
    return output


def end_all() -> None:
    """End the commands that other threads are running; their `run` raises LocalAwsError."""
    for process in list(_running):
        end_group(process, grace_seconds=0)


def last_lines(output: str) -> str:
    """What of `output` is worth showing after a failure."""
    return "\n".join(output.strip().splitlines()[-_LAST_LINES:])


def end_group(process: subprocess.Popen[str], *, grace_seconds: float) -> None:
    """End `process`, which leads a session of its own, and whatever it has started."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all of it has ended
        os.killpg(process.pid, number)
