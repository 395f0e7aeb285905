"""A session of botocore's with no more than the handler's clients need, which makes them several times as fast.

All that relies on botocore's internals to that end is here. Where a newer botocore no longer lets
it be, `aws_session` does without.
"""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider
from botocore.loaders import Loader

from contact_updates.contract import SDK_MODELS

# All that the handler calls.
SERVICES = ["connect", "events", "sqs"]

# As botocore's hooks name the handler's services; "eventbridge" is a newer name of one of them.
_HOOKED = frozenset({"*", "eventbridge", *SERVICES})


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """botocore's session, without the hooks of other services, which most of its set-up is about."""

    def register(self, event_name: str, *hook: Any, **options: Any) -> None:
        # An event is called kind.service.operation, or less of it.
        kind, *of = event_name.split(".")
        if kind != "docs" and (not of or of[0] in _HOOKED):
            super().register(event_name, *hook, **options)


class DataLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader, with the contract's service model first: the runtime's own may be older than the contract.

    Before it makes a client, botocore looks through the folders of its four hundred services, and reads the endpoints
    of all of them, more than a megabyte. Together that takes several times as long as the rest. The endpoint itself
    comes from the service's own rules.
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
        # From the runtime's own list of partitions, so that nothing here can be older than the runtime.
        partitions, path = super().load_data_with_path("partitions")
        return {"partitions": [_endpoints(partition) for partition in partitions["partitions"]]}, path


def _endpoints(partition: dict[str, Any]) -> dict[str, Any]:
    """What botocore's `endpoints` says of a partition beside its services: the form of a host name."""
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
    """A session whose clients come from the contract's service model."""
    session = _Session()
    session.register_component("data_loader", DataLoader())
    # All that AWS Lambda gives credentials by, the latter with SnapStart. botocore's other ways take time to set up.
    session.register_component("credential_provider", CredentialResolver([EnvProvider(), ContainerProvider()]))
    return session
