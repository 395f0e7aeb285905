"""A botocore session with only what the handler's clients need, which makes creating them several times as fast.

All that relies on botocore's internals for speed is here. If a newer botocore breaks it, `aws_session` does without.
"""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider
from botocore.loaders import Loader

from contact_updates.contract import SDK_MODELS

# Every service that the handler calls.
SERVICES = ["connect", "events", "sqs"]

# The handler's services as botocore's hooks name them; "eventbridge" is the newer name of "events".
_HOOKED = frozenset({"*", "eventbridge", *SERVICES})


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """botocore's session without the hooks of other services, which are most of its set-up."""

    def register(self, event_name: str, *hook: Any, **options: Any) -> None:
        # Events are named kind.service.operation, or the beginning of that.
        kind, *of = event_name.split(".")
        if kind != "docs" and (not of or of[0] in _HOOKED):
            super().register(event_name, *hook, **options)


class DataLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader, with the contract's service model first: the runtime's may be older than the contract.

    To create a client, botocore lists the folders of its four hundred services and reads all their endpoints, more than
    a megabyte. That takes several times as long as everything else, and the endpoint comes from the service's own rules
    anyway.
    """

    def __init__(self) -> None:
        super().__init__()
        self.search_paths.insert(0, str(SDK_MODELS))

    def list_available_services(self, type_name: str) -> list[str]:
        return SERVICES

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        if name != "endpoints":
            data: tuple[Any, str] = super().load_data_with_path(name)
            return data
        # Derived from the runtime's list of partitions, so that it is never older than the runtime.
        partitions, path = super().load_data_with_path("partitions")
        return {"partitions": [_endpoints(partition) for partition in partitions["partitions"]]}, path


def _endpoints(partition: dict[str, Any]) -> dict[str, Any]:
    """A partition as in botocore's `endpoints`, without its services: what its host names look like."""
    outputs = partition["outputs"]
    dual_stack = outputs["dualStackDnsSuffix"]
    return {
        "partition": partition["id"],
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "dnsSuffix": outputs["dnsSuffix"],
        "defaults": {
            "hostname": "{service}.{region}.{dnsSuffix}",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
            "variants": [
                {"tags": ["fips"], "hostname": "{service}-fips.{region}.{dnsSuffix}"},
                {"tags": ["dualstack"], "hostname": "{service}.{region}.{dnsSuffix}", "dnsSuffix": dual_stack},
                {
                    "tags": ["dualstack", "fips"],
                    "hostname": "{service}-fips.{region}.{dnsSuffix}",
                    "dnsSuffix": dual_stack,
                },
            ],
        },
        "services": {},
    }


def trimmed_session() -> botocore.session.Session:
    """A session that creates clients from the contract's service model."""
    session = _Session()
    session.register_component("data_loader", DataLoader())
    # The providers that AWS Lambda uses, the second with SnapStart. botocore's others take time to set up.
    session.register_component("credential_provider", CredentialResolver([EnvProvider(), ContainerProvider()]))
    return session
