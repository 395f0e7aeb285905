"""The promises in the queue's section of docs/performance.md, with a small burst."""

from __future__ import annotations

import pytest

from benchmarks.queue_figures.case import Case, run_case
from benchmarks.queue_figures.section import bars, section
from benchmarks.queue_figures.simulation import most_in_window


@pytest.fixture(scope="module")
def case() -> Case:
    return run_case(updates=200, contacts=20)


def test_a_burst_is_merged_paced_and_applied(case: Case) -> None:
    for figures in (case.ours, case.naive):
        assert (figures.wrong_contacts, figures.dead_letters, figures.left_in_queue) == (0, 0, 0)
    assert case.ours.calls / case.updates <= 0.2
    assert case.ours.most_calls_in_window <= 14
    assert case.ours.throttled == 0
    assert case.ours.calls <= case.naive.calls
    assert case.broken_promises == []


def test_the_window_has_its_beginning_but_not_its_end() -> None:
    assert most_in_window([0.0, 0.5, 1.999, 2.0, 4.0], 2) == 3


def test_section_and_picture_have_the_figures(case: Case) -> None:
    (burst,) = bars([case])

    assert burst["name"] == "200 updates\n20 contacts"
    assert burst["seconds"] == {
        "queue": case.ours.drained_seconds,
        "naive": case.naive.drained_seconds,
        "limit": 2.0,
    }
    label = burst["labels"]["queue"]
    assert float(label) == pytest.approx(case.ours.drained_seconds, abs=0.5)
    assert f"| 200 | 20 | {case.ours.calls / 200:.2f} | {case.naive.calls / 200:.2f} | {label} |" in section([case])
