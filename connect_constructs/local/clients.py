"""What makes the boto3 clients of the local AWS."""

from __future__ import annotations

from typing import Any, Protocol


class Clients(Protocol):
    """Makes a boto3 client of one of the local AWS's services, with the root's credentials."""

    def __call__(self, service: str, region: str = ..., /) -> Any: ...
