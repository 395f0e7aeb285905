"""Amazon Connect's request quota: a token bucket, as in AWS's API throttling."""

from __future__ import annotations

import time
from collections.abc import Callable

# Amazon Connect's defaults for each of the two operations, per account and Region.
DEFAULT_RATE = 10.0
DEFAULT_BURST = 15


class TokenBucket:
    """Allows `burst` requests at once and `rate` per second after that. Not thread-safe."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self) -> bool:
        """Take one token. Returns False if there is none."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
