"""A syrupy extension for stacks' templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syrupy.extensions.json import JSONSnapshotExtension

from connect_constructs.testing.template import normalised_template

if TYPE_CHECKING:
    from syrupy.types import PropertyFilter, PropertyMatcher, SerializableData, SerializedData


class TemplateSnapshotExtension(JSONSnapshotExtension):
    """Stores a stack's normalised template as JSON with sorted keys, one file for each snapshot.

        def test_template(snapshot: SnapshotAssertion) -> None:
            assert stack == snapshot(extension_class=TemplateSnapshotExtension)

    Anything other than a stack is stored as it is.
    """

    def serialize(
        self,
        data: SerializableData,
        *,
        exclude: PropertyFilter | None = None,
        include: PropertyFilter | None = None,
        matcher: PropertyMatcher | None = None,
    ) -> SerializedData:
        """The content of the snapshot's file."""
        from aws_cdk import Stack

        kept = normalised_template(data) if isinstance(data, Stack) else data
        return super().serialize(kept, exclude=exclude, include=include, matcher=matcher)
