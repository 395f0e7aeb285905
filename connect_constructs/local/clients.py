"""The type of the function that creates the local AWS's boto3 clients."""

from __future__ import annotations

from typing import Any, Protocol


class Clients(Protocol):
    """Creates a boto3 client for a service of the local AWS, with the root user's credentials."""

    def __call__(self, service: str, region: str = ..., /) -> Any: ...
