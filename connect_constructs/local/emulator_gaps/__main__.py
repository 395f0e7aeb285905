"""Starts the emulator, with its gaps closed.

This folder is run in place of `python -m ministack`, by the interpreter of the emulator's environment, which does not
have connect_constructs: its modules import nothing of ours but each other.
"""

from __future__ import annotations

import importlib
import os
import signal
import threading

from gaps import MODULES
from ministack import app as emulator


def _end_with_parent() -> None:
    """End this process and all that it has started when standard input ends: whoever holds it open has been killed."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Serve until stopped, as the emulator's own command does, or until whoever started this is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for module in MODULES:
        importlib.import_module(module).close()
    emulator.main()


if __name__ == "__main__":
    main()
