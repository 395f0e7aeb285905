"""The data that the AWS SDK makes its clients from, without what the handler's clients do not need."""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader

from contact_updates.contract import SDK_MODELS

# All that the handler calls.
SERVICES = ["connect", "events", "sqs"]


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
