"""What the constructs tell the handler, through environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The bound instance and what callers may do with it."""

    # `arn:{partition}:connect:{region}:{account}:instance/{id}`
    instance_arn: str
    # The attribute keys that callers may write; None stands for all.
    allowed_attributes: frozenset[str] | None = None
    # The origins whose pages may call from a browser; `*` stands for all.
    allow_origins: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read INSTANCE_ARN, ALLOWED_ATTRIBUTES and ALLOW_ORIGINS; the latter two are lists with commas."""
        allowed = environment.get("ALLOWED_ATTRIBUTES")
        return cls(
            instance_arn=environment["INSTANCE_ARN"],
            allowed_attributes=None if allowed is None else _items(allowed),
            allow_origins=_items(environment.get("ALLOW_ORIGINS", "")),
        )

    @property
    def instance_id(self) -> str:
        return self.instance_arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        """The instance's Region, which need not be the function's."""
        return self.instance_arn.split(":")[3]


def _items(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))
