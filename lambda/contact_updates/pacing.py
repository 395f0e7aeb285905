"""How fast Amazon Connect is called."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pacer:
    """Gives each call its time: `seconds` from its start until the next one may start.

    The wait comes after the call and before the execution is free for the next batch. So the rate holds whichever
    execution environments the batches go to, since they share nothing, and the first call of a batch need not wait.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def call(self) -> Iterator[None]:
        """The time of one call."""
        started = self._clock()
        try:
            yield
        finally:
            left = started + self.seconds - self._clock()
            if left > 0:
                self._sleep(left)
