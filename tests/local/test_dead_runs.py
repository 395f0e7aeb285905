"""A killed run, and how the next run cleans up after it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.cache import cache_directory, cached
from connect_constructs.local.command import run as run_command
from connect_constructs.local.emulator import Emulator
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.run_directory import run_directory
from tests.local.command_line import COMMAND, ROOT, processes_of, run

_RUNS = "connect-constructs-local-*"


@contextlib.contextmanager
def _started(environment: dict[str, str], until: str) -> Iterator[subprocess.Popen[str]]:
    """Start a run and wait until it has printed `until`. Kills it at the end if it is still running."""
    with subprocess.Popen(
        [*COMMAND, "local"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        while until not in (line := process.stdout.readline()):
            assert line, process.stderr and process.stderr.read()
        try:
            yield process
        finally:
            process.kill()


def _wait_until_none_is_left(environment: dict[str, str]) -> None:
    deadline = time.monotonic() + 60
    while processes_of(environment["TMPDIR"]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(environment["TMPDIR"]) == []


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("until", ["found the CDK CLI", "started the emulator", "Ctrl-C stops it"])
def test_next_run_removes_what_a_killed_one_left_and_nothing_of_a_living_one(
    environment: dict[str, str], until: str
) -> None:
    temporary = Path(environment["TMPDIR"])
    with _started(environment, "started the emulator"):
        (living,) = temporary.glob(_RUNS)
        with _started(environment, until) as killed:
            (dead,) = set(temporary.glob(_RUNS)) - {living}
            killed.kill()
            killed.wait(20)
        files = set(living.iterdir())

        ran = run("local", "-c", "instance_arn=nonsense", environment=environment)

        assert ran.returncode == 1
        assert not dead.exists()
        assert processes_of(str(dead)) == []
        assert {living} == set(temporary.glob(_RUNS))
        assert files <= set(living.iterdir())
    _wait_until_none_is_left(environment)
    with run_directory(temporary):
        assert not living.exists()


def test_commands_of_a_killed_run_end_with_it(environment: dict[str, str]) -> None:
    code = (
        "import os; from connect_constructs.local.command import run\n"
        "print('started', flush=True)\n"
        "run(['sh', '-c', 'sleep 300 & sleep 300'], doing='sleeping', environment=os.environ)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        while "sleep 300 " not in processes_of(environment["TMPDIR"]):
            time.sleep(0.02)
        process.kill()

    _wait_until_none_is_left(environment)


def test_command_has_no_input_and_gives_its_own_status() -> None:
    assert run_command(["sh", "-c", "cat; echo end"], doing="reading", environment=dict(os.environ)) == "end\n"


def test_directories_of_others_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "connect-constructs-verify-1"
    target = tmp_path / "target"
    link = tmp_path / "connect-constructs-local-link"
    file = tmp_path / "connect-constructs-local-file"
    dead = tmp_path / "connect-constructs-local-dead"
    for folder in (foreign, target, dead):
        folder.mkdir()
        (folder / "file").touch()
    link.symlink_to(target)
    file.touch()

    with run_directory(tmp_path) as own, run_directory(tmp_path) as other:
        assert own.exists()
        assert other.exists()
        assert own.stat().st_mode & 0o777 == 0o700

    assert set(tmp_path.iterdir()) == {foreign, target, link, file}
    assert (target / "file").exists()


def test_directory_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = tmp_path / "connect-constructs-local-dead"
    dead.mkdir()
    somebody = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody)

    with run_directory(tmp_path):
        assert dead.exists()


def test_clean_up_is_not_cut_short_by_a_signal(
    tmp_path: Path, app: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """A closed terminal is two events: what the run prints fails, and the hangup comes while it cleans up."""
    (app / "cdk.json").write_text('{"app": "true"}')
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    remove = shutil.rmtree

    def interrupted(*arguments: Any, **options: Any) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        remove(*arguments, **options)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    def fail(_: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    before = signal.signal(signal.SIGHUP, interrupt)
    request.addfinalizer(lambda: signal.signal(signal.SIGHUP, before))

    with pytest.raises(KeyboardInterrupt), LocalAws(app, report=fail):
        pass

    assert list(tmp_path.glob(_RUNS)) == []
    assert signal.getsignal(signal.SIGHUP) is interrupt


def test_signal_while_the_emulator_starts_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    start, started = subprocess.Popen, []

    def interrupted(_: Any, **options: Any) -> Any:
        started.append(start([sys.executable, "-c", "import time; time.sleep(60)"], **options))
        os.kill(os.getpid(), signal.SIGHUP)
        return started[-1]

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    before = signal.signal(signal.SIGHUP, interrupt)
    request.addfinalizer(lambda: signal.signal(signal.SIGHUP, before))

    with pytest.raises(KeyboardInterrupt), Emulator(Path(sys.executable), tmp_path, connect_url="http://127.0.0.1:1"):
        pass

    assert started[-1].poll() is not None


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("until", ["found the CDK CLI", "Ctrl-C stops it"])
def test_closed_terminal_removes_everything(environment: dict[str, str], until: str) -> None:
    """Its output is no longer read, either."""
    controller, terminal = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, "local"],
        env=environment,
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    printed = ""
    while until not in printed:
        printed += os.read(controller, 10_000).decode()
    os.close(controller)

    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 130


@pytest.mark.usefixtures("nothing_stays")
def test_run_without_hangup_goes_on(environment: dict[str, str]) -> None:
    """As under nohup, which ignores SIGHUP."""
    with subprocess.Popen(
        ["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh", *COMMAND, "local", "--demo"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        printed, errors = process.communicate(timeout=120)

    assert process.returncode == 0, printed + errors


def test_killed_setup_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    half = cache_directory() / "thing.dead1234"
    half.mkdir(parents=True)

    cached("thing", lambda folder: (folder / "file").touch(), wanted="file")

    assert {path.name for path in cache_directory().iterdir()} == {"thing", "thing.lock"}


def test_folder_without_locks_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network file systems."""

    def flock(*_: object) -> None:
        # Ends the test if it is tried again and again.
        assert len(list(tmp_path.iterdir())) < 3
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)

    with pytest.raises(LocalAwsError, match=r"No locks available\. Set TMPDIR"), run_directory(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
