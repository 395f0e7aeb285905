"""What docs/queue-figures.md promises, with a small burst."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "queue.py"


@pytest.fixture(scope="module")
def benchmark_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("queue_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_burst_is_merged_paced_and_applied(benchmark_script: ModuleType) -> None:
    case = benchmark_script.run_case(updates=200, contacts=20)

    for figures in (case.ours, case.naive):
        assert (figures.wrong_contacts, figures.dead_letters, figures.left_in_queue) == (0, 0, 0)
    assert case.ours.calls / case.updates <= 0.2
    assert case.ours.most_calls_in_window <= 14
    assert case.ours.throttled == 0
    assert case.ours.calls <= case.naive.calls
    assert case.broken_promises == []


def test_the_window_has_its_beginning_but_not_its_end(benchmark_script: ModuleType) -> None:
    assert benchmark_script.most_in_window([0.0, 0.5, 1.999, 2.0, 4.0], 2) == 3
