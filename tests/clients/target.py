"""What the clients call: the in-memory Amazon Connect itself, or the endpoint deployed in the local AWS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from connect_constructs.local.amazon_connect import AmazonConnect
from tests.clients.answer import Answer

REGION = "us-east-1"


class TargetName(Enum):
    """The two targets; the value is the table's heading."""

    AMAZON_CONNECT = "The in-memory Amazon Connect itself"
    ENDPOINT = "The endpoint, deployed in the local AWS"


@dataclass(frozen=True)
class Credentials:
    """An IAM user's access key."""

    access_key_id: str
    secret_access_key: str


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


class Client(Protocol):
    """One kind of client. Calls of different threads may overlap."""

    # The table's heading.
    name: str
    # Whether it shows the answer's status and headers, and not only the error.
    shows_http: bool
    # Whether it has classes for errors.
    has_types: bool
    # Whether it tries again by itself.
    retries: bool
    # Where it looks for the error's type first: in x-amzn-ErrorType, or in the body's __type.
    reads_type_from_header: bool
    # Whether it sends a number or a boolean as text where the model says text.
    makes_text_of_values: bool

    def call(
        self,
        target: Target,
        operation: str,
        parameters: dict[str, Any],
        *,
        credentials: Credentials | None,
        max_attempts: int = 1,
        url: str | None = None,
    ) -> Answer:
        """Make one call, and report.

        :param credentials: None for a call that is not signed.
        :param max_attempts: How often a call is made at most. Clients that never retry take no notice.
        :param url: The endpoint, where it is to differ from the target's.
        """
        ...


# What a fixture hands to tests: the client, or the test is skipped where it is not installed.
ClientNamed = Callable[[str], Client]
Targets = dict[TargetName, Target]
