"""Starts the emulator with its gaps closed.

This folder is run instead of `python -m ministack`, by the interpreter of the emulator's environment.
connect_constructs is not installed there, so the modules in this folder import nothing of ours but each other.
(`at_deployment` is not loaded here.)
"""

from __future__ import annotations

import importlib
import os
import signal
import threading

from gaps import MODULES
from ministack import app as emulator


def _end_with_parent() -> None:
    """Kill this process and everything it started once standard input ends: the parent, which held it open, is dead."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Serve until stopped, as the emulator's own command does, or until the parent process dies."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for module in MODULES:
        importlib.import_module(module).close()
    emulator.main()


if __name__ == "__main__":
    main()
