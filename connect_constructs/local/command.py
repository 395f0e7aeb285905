"""Runs external commands, keeps their output for error messages, and ends them with this process, even a killed one."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from connect_constructs.local.errors import LocalAwsError

# How much of the command's output a failure shows.
_LAST_LINES = 25

# How the reason for a failure starts: in the CDK CLI, in programs that print `error: …`, and in Python.
_FAILURE = re.compile(r"\s*❌\s*(?P<cli>.*)|error: (?P<said>.*)|(?P<raised>[\w.]*(?:Error|Exception): .*)")
# Node's source locations, and the remark that a program failed which has already printed its own reason.
_NOISE = re.compile(r"Source Location: |\s+\(no user code |\s+at |.*: Subprocess exited with error \d+$")

# Starts a guard, then becomes the command, which gets no input. Only this process holds the guard's standard input
# open. When that ends, the guard kills the process group.
_GUARDED = 'exec 3<&0 </dev/null; { read -r _ <&3; kill -s KILL 0; } >/dev/null 2>&1 & exec "$@" 3<&-'

_running: set[subprocess.Popen[str]] = set()


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    environment: Mapping[str, str],
    directory: Path | None = None,
    timeout_seconds: float = 600,
) -> str:
    """Run `command` and return its output, standard error included.

    :param doing: What the command is for, such as "synthesising the app". Error messages start with it.
    :raises LocalAwsError: if the command fails, with its reason first, or takes longer than `timeout_seconds`.
    """
    program = str(command[0])
    if not shutil.which(program, path=environment.get("PATH")):
        raise LocalAwsError(f"{doing} failed: {program} was not found")
    until_we_end, held_open = os.pipe()
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDED, "sh", *(str(part) for part in command)],
            cwd=directory,
            env=dict(environment),
            stdin=until_we_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    finally:
        os.close(until_we_end)
    _running.add(process)
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        raise LocalAwsError(f"{doing} took longer than {timeout_seconds:.0f} seconds") from None
    finally:
        end_group(process, grace_seconds=2)
        os.close(held_open)
        _running.discard(process)
    if process.returncode != 0:
        raise LocalAwsError(f"{doing} failed:{_reason(output)}")
    return output


def end_all() -> None:
    """Kill the commands that other threads are running, so that their `run` raises LocalAwsError."""
    for process in list(_running):
        end_group(process, grace_seconds=0)


def _reason(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip() and not _NOISE.match(line)]
    for position, line in reversed(list(enumerate(lines))):
        if found := _FAILURE.match(line):
            reason = "\n".join([found[found.lastgroup or 0], *lines[position + 1 :][:_LAST_LINES]])
            # An exception's traceback is worth showing; the CDK CLI only repeats here what it printed before.
            origin = "" if found["cli"] else last_lines("\n".join(lines[:position]))
            return f" {reason}\n\n{origin}".rstrip()
    return f"\n{last_lines(output)}"


def last_lines(output: str) -> str:
    """The last lines of `output`, as many as a failure shows."""
    return "\n".join(output.strip().splitlines()[-_LAST_LINES:])


def end_group(process: subprocess.Popen[str], *, grace_seconds: float) -> None:
    """Stop `process`, which leads its own session, and everything that it started."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the whole group has exited
        os.killpg(process.pid, number)
