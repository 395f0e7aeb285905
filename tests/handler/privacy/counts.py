"""How much the privacy tests plant and search at least. The documentation states these figures."""

from __future__ import annotations

from typing import NamedTuple


class Count(NamedTuple):
    """Values that were planted, and texts that were searched for them."""

    planted: int
    searched: int


ENDPOINT = Count(planted=240_000, searched=6_000)
QUEUE = Count(planted=230_000, searched=8_000)
DEPLOYED = Count(planted=9_000, searched=800)
