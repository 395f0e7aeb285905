"""API Gateway's own throttle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connect_constructs.local import LocalAws


@contextmanager
def stage_throttle(local: LocalAws, *, rate: float, burst: int) -> Iterator[None]:
    """Set the throttle of all methods of the app's stage, and restore it at the end. With 0 and 0, nothing passes."""
    api = local.rest_apis[0]
    stage = {"restApiId": api.api_id, "stageName": api.stage}
    gateway = local.client("apigateway")

    def set_to(rate: float, burst: int) -> None:
        limits = {"rateLimit": rate, "burstLimit": burst}
        operations = [
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(limit)} for name, limit in limits.items()
        ]
        gateway.update_stage(**stage, patchOperations=operations)

    before = gateway.get_stage(**stage)["methodSettings"]["*/*"]
    set_to(rate, burst)
    try:
        yield
    finally:
        set_to(before["throttlingRateLimit"], before["throttlingBurstLimit"])
