"""Argument types shared by the benchmarks' command lines."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """Parse a count. Raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number of at least 1")
    return int(text)
