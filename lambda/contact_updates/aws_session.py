"""The AWS SDK as the handler uses it: botocore alone, with the data that its clients need, and silent."""

from __future__ import annotations

import logging
import re
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider

from contact_updates.data_loader import SERVICES, DataLoader

# Two attempts with both time-outs, and the wait between them, fit into the least time-out that a function may have.
_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 4
_MAX_ATTEMPTS = 2

# As botocore's hooks name the handler's services; "eventbridge" is a newer name of one of them.
_HOOKED = frozenset({"*", "eventbridge", *SERVICES})

_ERROR_CODE = re.compile(r"[A-Za-z0-9_.]{1,100}\Z")

# At lower levels they log URLs and bodies. Everything that matters about a call stands in the handler's own log line.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """botocore's session, without the hooks of other services, which most of its set-up is about."""

    def register(self, event_name: str, *hook: Any, **options: Any) -> None:
        # An event is called kind.service.operation, or less of it.
        kind, *of = event_name.split(".")
        if kind != "docs" and (not of or of[0] in _HOOKED):
            super().register(event_name, *hook, **options)


def new_session() -> botocore.session.Session:
    """A session whose clients come from the contract's service model."""
    session = _Session()
    session.register_component("data_loader", DataLoader())
    # All that AWS Lambda gives credentials by, the latter with SnapStart. botocore's other ways take time to set up.
    session.register_component("credential_provider", CredentialResolver([EnvProvider(), ContainerProvider()]))
    return session


def new_client(
    session: botocore.session.Session,
    service: str,
    *,
    region: str | None = None,
    connect_timeout: float = _CONNECT_TIMEOUT_SECONDS,
    read_timeout: float = _READ_TIMEOUT_SECONDS,
    max_attempts: int = _MAX_ATTEMPTS,
) -> Any:
    """A client of `service`, in the function's own Region unless told otherwise. Time-outs in seconds."""
    return session.create_client(
        service,
        region_name=region,
        config=Config(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": max_attempts},
            # The contract has been checked already, and botocore's messages quote values.
            parameter_validation=False,
        ),
    )


def error_code(response: dict[str, Any]) -> str:
    """The code of an error response. It comes from outside, so that what is not plain is only told by its status."""
    code = str(response["Error"].get("Code"))
    return code if _ERROR_CODE.match(code) else f"HTTP {response_status(response)}"


def response_status(response: dict[str, Any]) -> int:
    """The HTTP status of a response."""
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status
