"""`make deploy` runs the doctor first."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.doctor.doctor_run import INSTANCE_ARN, Doctor

ROOT = Path(__file__).resolve().parents[2]


def make_deploy(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `make deploy`, in which the CDK CLI only prints its version."""
    make = shutil.which("make")
    assert make
    return subprocess.run(
        [make, "--no-print-directory", "-C", str(ROOT), "deploy", f"INSTANCE_ARN={INSTANCE_ARN}", *arguments],
        # make may have started the tests; its flags are not for this make.
        env={name: text for name, text in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(autouse=True)
def set_up(doctor: Doctor) -> None:
    """An environment in which the doctor finds no problem in us-east-1."""


def test_deployment_that_would_fail_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    ran = make_deploy("CDK_FLAGS=--version")

    assert "none is set: cdk deploy would use us-east-1" in ran.stdout
    assert "make deploy: stopped before cdk deploy; to deploy anyway, add DOCTOR=no" in ran.stderr
    assert "(build " not in ran.stdout
    assert ran.returncode == 2


def test_doctor_can_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    ran = make_deploy("CDK_FLAGS=--version", "DOCTOR=no")

    assert "action needed" not in ran.stdout
    assert "(build " in ran.stdout
    assert ran.returncode == 0, ran.stderr


def test_deployment_with_nothing_in_the_way_goes_on_with_the_same_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    ran = make_deploy("CDK_FLAGS=-c region=us-east-1 --version")

    assert "us-east-1 (context), the instance's own" in ran.stdout
    assert "no problem found" in ran.stdout
    assert "(build " in ran.stdout
    assert ran.returncode == 0, ran.stderr
