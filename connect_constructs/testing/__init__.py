"""For reviewing infrastructure: templates and snapshots that change only when the infrastructure changes.

`normalised_template` needs only the CDK. `TemplateSnapshotExtension` needs syrupy (the extra `testing`) and is imported
on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connect_constructs.testing.template import normalised_template

if TYPE_CHECKING:
    from connect_constructs.testing.snapshot import TemplateSnapshotExtension

__all__ = ["TemplateSnapshotExtension", "normalised_template"]


def __getattr__(name: str) -> Any:
    if name != "TemplateSnapshotExtension":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from connect_constructs.testing.snapshot import TemplateSnapshotExtension

    return TemplateSnapshotExtension
