"""The signals that end a command, and clean-ups that they do not interrupt."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# Ctrl-C, termination by another process, and a closed terminal.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back the ending signals that this process handles until the block ends. Then the first one is handled.

    In another thread than the main one, nothing needs to be held back: only the main thread handles signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def hold_back(number: int, _: FrameType | None) -> None:
        received.append(number)

    # Ignored signals stay ignored, and those without a handler still end the process.
    handlers = {number: handler for number in ENDINGS if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, hold_back)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])
