"""What the clients call: the in-memory Amazon Connect itself, or the endpoint deployed in the local AWS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from connect_constructs.local.amazon_connect import AmazonConnect
from tests.clients.call import Call, Client, Credentials


class TargetName(Enum):
    """The two targets; the value is the table's heading."""

    AMAZON_CONNECT = "The in-memory Amazon Connect itself"
    ENDPOINT = "The endpoint, deployed in the local AWS"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where calls go, and the Amazon Connect in which they end up."""

    name: TargetName
    url: str
    connect: AmazonConnect
    instance_arn: str
    # What requests are signed for: connect or execute-api.
    signing_name: str
    permitted: Credentials
    # None where nobody checks.
    without_permission: Credentials | None
    # While it lasts, API Gateway lets nothing through; None where there is no API Gateway.
    closed_gateway: Callable[[], AbstractContextManager[None]] | None

    @property
    def instance_id(self) -> str:
        """The id of the only instance."""
        return self.instance_arn.rpartition("/")[2]

    def call(self, operation: str, parameters: dict[str, Any]) -> Call:
        """A call to it, signed by the user who has the permission, and made once."""
        return Call(
            url=self.url,
            signing_name=self.signing_name,
            operation=operation,
            parameters=parameters,
            credentials=self.permitted,
        )


# What a fixture hands to tests: the client, or the test is skipped where it is not installed.
ClientNamed = Callable[[str], Client]
Targets = dict[TargetName, Target]
