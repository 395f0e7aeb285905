"""One burst with both consumers, and what the queue promises for it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.queue_figures.simulation import (
    QUOTA_RATE,
    WINDOW_SECONDS,
    Figures,
    naive_consumer,
    real_consumer,
    simulate,
)

MAX_CALLS_IN_WINDOW = 14
MAX_CALLS_PER_UPDATE_AT_TEN = 0.2


@dataclass(frozen=True, kw_only=True)
class Case:
    """One burst, with both consumers."""

    updates: int
    contacts: int
    ours: Figures
    naive: Figures

    @property
    def limit_seconds(self) -> float:
        """The time that one call for each contact takes at the quota."""
        return self.contacts / QUOTA_RATE

    @property
    def broken_promises(self) -> list[str]:
        """The promises that do not hold."""
        calls_per_update = self.ours.calls / self.updates
        broken = [
            f"{name}: {count} {what}"
            for name, figures in (("queue", self.ours), ("naive", self.naive))
            for count, what in (
                (figures.wrong_contacts, "contacts end with wrong attributes"),
                (figures.dead_letters, "dead letters"),
                (figures.left_in_queue, "messages are left in the queue"),
            )
            if count
        ]
        if self.ours.most_calls_in_window > MAX_CALLS_IN_WINDOW:
            broken.append(f"{self.ours.most_calls_in_window} calls in {WINDOW_SECONDS} s")
        if self.updates == 10 * self.contacts and calls_per_update > MAX_CALLS_PER_UPDATE_AT_TEN:
            broken.append(f"{calls_per_update:.3f} calls for each update")
        if self.ours.calls > self.naive.calls:
            broken.append(f"{self.ours.calls} calls, the naive consumer {self.naive.calls}")
        return [f"{self.updates} updates of {self.contacts} contacts: {text}" for text in broken]


def run_case(updates: int, contacts: int) -> Case:
    """Run one burst with both consumers."""
    return Case(
        updates=updates,
        contacts=contacts,
        ours=simulate(real_consumer, updates, contacts),
        naive=simulate(naive_consumer, updates, contacts),
    )
