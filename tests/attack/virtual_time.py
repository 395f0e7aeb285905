"""A clock that jumps to the next event, and code that sleeps by it.

The handler sleeps deep inside botocore, where it can only wait on a stack of its own. So a simulation with generators
(simpy) would still need a thread for each execution, and would only add its heap of events. One thread runs at a time:
the same seed gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import types
from collections.abc import Callable


class KilledError(BaseException):
    """The execution ends here. It is not an Exception, so that the execution cannot catch it by accident."""


class Execution:
    """Running code, which can sleep and be killed."""

    def __init__(self) -> None:
        self.killed = False
        self._turn = threading.Semaphore(0)
        # Counts the sleeps: a wake-up must be for the current one.
        self._sleep = 0


class Simulation:
    """A clock and its events, one at a time, in order of time."""

    def __init__(self, start: float = 0.0) -> None:
        """`start` is the initial time, in seconds since 1970."""
        self._now = start
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._handed_back = threading.Semaphore(0)
        self._failure: BaseException | None = None
        self.running: Execution | None = None

    def clock(self) -> float:
        """The time, in seconds."""
        return self._now

    def at(self, when: float, action: Callable[[], object]) -> None:
        """Let `action` happen at a time, at once if that is past. It must not sleep."""
        heapq.heappush(self._events, (max(when, self._now), next(self._numbers), action))

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Let `action` happen after some time. It must not sleep."""
        self.at(self._now + seconds, action)

    def run(self, until: float = float("inf")) -> None:
        """Let everything happen that is due by `until`. Raises what started code raises."""
        while self._events and self._events[0][0] <= until:
            self._now, _, action = heapq.heappop(self._events)
            action()

    def start(self, code: Callable[[], None]) -> Execution:
        """Start code that may sleep. Returns when it sleeps for the first time, or ends."""
        execution = Execution()

        def run() -> None:
            execution._turn.acquire()
            try:
                code()
            except KilledError:
                pass
            except BaseException as error:
                self._failure = error
            self._handed_back.release()

        threading.Thread(target=run, daemon=True).start()
        self._let_run(execution)
        return execution

    def sleep(self, seconds: float) -> None:
        """Let time pass for the calling code. Raises KilledError if it is killed in the meantime, or was before."""
        execution = self.running
        assert execution is not None, "only started code can sleep"
        if execution.killed:
            raise KilledError
        execution._sleep += 1
        number = execution._sleep

        def wake() -> None:
            if number == execution._sleep and not execution.killed:
                self._let_run(execution)

        self.after(seconds, wake)
        self._handed_back.release()
        execution._turn.acquire()
        if execution.killed:
            raise KilledError

    def kill(self, execution: Execution) -> None:
        """End a sleeping execution."""
        if not execution.killed:
            execution.killed = True
            self._let_run(execution)

    def _let_run(self, execution: Execution) -> None:
        before, self.running = self.running, execution
        execution._turn.release()
        self._handed_back.acquire()
        self.running = before
        if self._failure:
            raise self._failure

    def time_module(self) -> types.ModuleType:
        """The standard library's `time`, with this clock."""
        module = types.ModuleType("time", time.__doc__)
        module.__dict__.update({name: value for name, value in vars(time).items() if not name.startswith("__")})
        module.__dict__.update(
            time=self.clock,
            monotonic=self.clock,
            perf_counter=self.clock,
            time_ns=lambda: int(self._now * 1e9),
            monotonic_ns=lambda: int(self._now * 1e9),
            sleep=self.sleep,
        )
        return module
