"""The targets of the calls: the in-memory Amazon Connect itself, and the endpoint deployed in the local AWS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from connect_constructs.local.amazon_connect import AmazonConnect
from tests.clients.call import Call, Client, Credentials


class TargetName(Enum):
    """The two targets. The value is the heading of the table."""

    AMAZON_CONNECT = "The in-memory Amazon Connect itself"
    ENDPOINT = "The endpoint, deployed in the local AWS"


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target of calls, and the Amazon Connect that receives them in the end."""

    name: TargetName
    url: str
    connect: AmazonConnect
    instance_arn: str
    # The service to sign for: connect or execute-api.
    signing_name: str
    permitted: Credentials
    # None if permissions are not checked.
    without_permission: Credentials | None
    # Makes API Gateway throttle everything while it lasts. None if there is no API Gateway.
    closed_gateway: Callable[[], AbstractContextManager[None]] | None

    @property
    def instance_id(self) -> str:
        """The instance's id."""
        return self.instance_arn.rpartition("/")[2]

    def call(self, operation: str, parameters: dict[str, Any]) -> Call:
        """A call to this target, signed by the permitted user, with a single attempt."""
        return Call(
            url=self.url,
            signing_name=self.signing_name,
            operation=operation,
            parameters=parameters,
            credentials=self.permitted,
        )


# Returns the client of this name, or skips the test if it is not installed.
ClientNamed = Callable[[str], Client]
Targets = dict[TargetName, Target]
