"""`make bench`: its measurements with small processes, and its report with made-up figures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.performance import demo, import_shares
from benchmarks.performance.asset import Archive, archive, copy_asset
from benchmarks.performance.bars import bars
from benchmarks.performance.cold_start import CERTIFICATES, INTERPRETER, ColdStart
from benchmarks.performance.demo import Demo
from benchmarks.performance.figures import Figures, findings
from benchmarks.performance.handlers import BOTO3, OURS, POWERTOOLS, QUEUE_CONSUMER
from benchmarks.performance.page import page
from benchmarks.performance.paired_runs import FailedRunError, Ratio, Samples, cpu_seconds, in_turn, ratio
from benchmarks.performance.synthesis import BY_HAND, EMPTY, SOLUTIONS_CONSTRUCTS
from benchmarks.performance.warm_path import WarmPath

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "performance" / "peers"
INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"


def test_ratio_is_the_median_of_the_runs_quotients() -> None:
    # The quotient of the medians would be 1.5.
    assert ratio([1.0, 6.0, 8.0], [2.0, 4.0, 16.0]) == Ratio(median=0.5, lower_quartile=0.5, upper_quartile=1.0)


def test_ratio_of_one_run_is_its_quotient() -> None:
    assert ratio([1.0], [4.0]) == Ratio(median=0.25, lower_quartile=0.25, upper_quartile=0.25)


def test_processes_run_in_turn_and_the_first_round_is_not_counted(tmp_path: Path) -> None:
    log = tmp_path / "log"

    samples = in_turn(
        {name: ["/bin/sh", "-c", f"echo {name} >> {log}"] for name in ("a", "b")},
        dict(os.environ),
        runs=2,
        progress=lambda _: None,
    )

    assert log.read_text(encoding="utf-8").split() == ["a", "b"] * 3
    assert {name: len(seconds) for name, seconds in samples.items()} == {"a": 2, "b": 2}


def test_processor_time_of_children_counts() -> None:
    child = "import time\nwhile time.process_time() < 0.2: pass"

    parent = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"]

    assert cpu_seconds(parent, dict(os.environ)) >= 0.2


def test_a_process_that_fails_is_an_error() -> None:
    with pytest.raises(FailedRunError, match="exit status 3"):
        cpu_seconds(["/bin/sh", "-c", "exit 3"], {})


def test_shares_count_for_packages() -> None:
    printed = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   _io
import time:       200 |        200 |     botocore.hooks
import time:       300 |        500 |   botocore
import time:       400 |       1000 | contact_updates.api_function
"""
    assert import_shares.shares_of(printed) == {
        import_shares.STANDARD_LIBRARY: 0.1,
        "botocore": 0.5,
        import_shares.OWN: 0.4,
    }


def test_steps_are_those_that_the_demonstration_prints() -> None:
    printed = """\
   0.2 s started the emulator
  12.7 s synthesised the app
         set 2 request validators, which the emulator's CloudFormation drops

before    Name: Order 4711
"""
    assert demo.steps_of(printed) == {"started the emulator": 0.2, "synthesised the app": 12.7}


def test_the_stack_by_hand_has_the_same_resources(tmp_path: Path) -> None:
    assert resources_of("hand_written_app.py", tmp_path) == resources_of("contact_update_app.py", tmp_path)


def resources_of(app: str, directory: Path) -> Counter[str]:
    """The resources of an app's only stack, without their names and the format of the access log."""
    assembly = directory / app
    subprocess.run(
        [sys.executable, PEERS / app, assembly, INSTANCE_ARN, copy_asset(directory / "handler")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CDK_VALIDATION": "false"},
        check=True,
    )
    resources = json.loads((assembly / "Stack.template.json").read_text(encoding="utf-8"))["Resources"]
    types = {name: resource["Type"] for name, resource in resources.items()}
    name_of_any = re.compile(rf"\b({'|'.join(types)})\b")
    texts = []
    for resource in resources.values():
        properties = resource.get("Properties", {})
        for name in ("Name", "PolicyName"):
            properties.pop(name, None)
        properties.get("AccessLogSetting", {}).pop("Format", None)
        texts.append(name_of_any.sub(lambda found: types[found[0]], json.dumps([resource["Type"], properties])))
    return Counter(texts)


def test_archive_is_measured_by_kind_of_file(tmp_path: Path) -> None:
    measured = archive(tmp_path)

    assert set(measured.by_suffix) - {""} == {".json", ".py"}
    assert 0 < sum(measured.by_suffix.values()) < measured.size == (tmp_path / "asset.zip").stat().st_size


def figures(*, start: float = 0.2, own: float = 50e-6, largest: float = 1e-3, demo_seconds: float = 8.0) -> Figures:
    """Made-up figures of two runs. The peers' starts take 0.5 and 1.0 seconds."""

    def samples(**seconds: float) -> Samples:
        return {name: [value, value] for name, value in seconds.items()}

    return Figures(
        machine=["2026-11-23", "a processor, 2 cores"],
        runs=2,
        cold_start=ColdStart(
            start=samples(**{OURS: start, BOTO3: 0.5, POWERTOOLS: 1.0, QUEUE_CONSUMER: 0.25, INTERPRETER: 0.02}),
            first_request=samples(**{OURS: 0.03, BOTO3: 0.03, POWERTOOLS: 0.04, CERTIFICATES: 0.02}),
            third_request=samples(**{OURS: 0.002, BOTO3: 0.002, POWERTOOLS: 0.004}),
            modules={OURS: 340, BOTO3: 390, POWERTOOLS: 670},
        ),
        import_shares={"standard library": 0.5, "botocore": 0.495, "certifi": 0.005},
        warm_path=WarmPath(
            requests=1_000,
            request=samples(**{OURS: 400e-6 + own, BOTO3: 410e-6, POWERTOOLS: 900e-6}),
            call=samples(**{OURS: 400e-6, BOTO3: 400e-6, POWERTOOLS: 400e-6}),
            own=samples(**{OURS: own, BOTO3: 10e-6, POWERTOOLS: 500e-6}),
            own_by_size={"ASCII": {100: own, 16_000: 0.5e-3, 32_768: largest}},
        ),
        archive=Archive(size=33_000, by_suffix={".py": 26_000, ".json": 3_000}),
        synthesis=samples(**{OURS: 1.6, BY_HAND: 1.6, SOLUTIONS_CONSTRUCTS: 2.4, EMPTY: 0.8}),
        demo=Demo(seconds=demo_seconds, steps={"started the emulator": 0.5}),
    )


def test_targets_are_met_up_to_their_bounds() -> None:
    assert {finding.met for finding in findings(figures())} == {True, None}
    assert {finding.met for finding in findings(figures(start=0.3, own=100e-6, largest=1.12e-3))} == {True, None}


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"start": 0.301}, ["cold start, CPU boto3", "cold start, CPU Powertools"]),
        ({"own": 101e-6}, ["warm request, CPU outside botocore botocore"]),
        ({"largest": 1.2e-3}, ["the same for 32,768 bytes of attributes, divided by that for 16,000"]),
        ({"demo_seconds": 20.0}, ["`make demo`, by the clock"]),
    ],
)
def test_missed_targets_are_said(changed: dict[str, float], missed: list[str]) -> None:
    measured = figures(**changed)

    found = [finding for finding in findings(measured) if finding.met is False]

    assert [f"{finding.figure} {finding.peer}".strip() for finding in found] == missed
    assert page(measured).count("**missed**") == len(missed)


def test_page_has_every_figure() -> None:
    written = page(figures())

    assert "| cold start, CPU | 200 ms | boto3 | 500 ms | 0.40 (0.40–0.40) | ≤ 0.60 | met |" in written
    assert "| boto3 | 500 ms | 500 ms–500 ms | 1 | 390 |" in written
    assert "| connect-constructs | 450 µs | 400 µs | 50 µs |" in written
    assert "| ASCII | 50 µs | 500 µs | 1,000 µs |" in written
    assert "| AWS Solutions Constructs | 2.40 s | 2.40 s–2.40 s | 1.50 (1.50–1.50) |" in written
    assert "| started the emulator | 0.5 |" in written
    assert "certifi |" not in written


def test_bars_are_as_long_as_their_figures() -> None:
    starts, requests = (
        [(bar["name"], *(part["seconds"] for part in bar["parts"])) for bar in group["bars"]]
        for group in bars(figures())
    )

    assert starts == [(OURS, 0.2), (BOTO3, 0.5), (POWERTOOLS, 1.0), (INTERPRETER, 0.02)]
    assert requests == [(OURS, 50e-6, 400e-6), (BOTO3, 10e-6, 400e-6), (POWERTOOLS, 500e-6, 400e-6)]
