"""What docs/queue-figures.md promises, with a small burst."""

from __future__ import annotations

from benchmarks.queue_figures.__main__ import most_in_window, run_case


def test_a_burst_is_merged_paced_and_applied() -> None:
    case = run_case(updates=200, contacts=20)

    for figures in (case.ours, case.naive):
        assert (figures.wrong_contacts, figures.dead_letters, figures.left_in_queue) == (0, 0, 0)
    assert case.ours.calls / case.updates <= 0.2
    assert case.ours.most_calls_in_window <= 14
    assert case.ours.throttled == 0
    assert case.ours.calls <= case.naive.calls
    assert case.broken_promises == []


def test_the_window_has_its_beginning_but_not_its_end() -> None:
    assert most_in_window([0.0, 0.5, 1.999, 2.0, 4.0], 2) == 3
