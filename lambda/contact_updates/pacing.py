"""How fast Amazon Connect is called."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


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

    def __call__(self, call: Callable[..., Any], parameters: dict[str, Any]) -> Any:
        """Make one call, and let its time pass. Raises what the call raises."""
        started = self._clock()
        try:
            return call(**parameters)
        finally:
            left = started + self.seconds - self._clock()
            if left > 0:
                self._sleep(left)
