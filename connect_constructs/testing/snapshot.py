"""A syrupy extension for stacks' templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from syrupy.extensions.json import JSONSnapshotExtension

from connect_constructs._review.snapshot_report import snapshot_report
from connect_constructs.testing.template import normalised_template

if TYPE_CHECKING:
    from syrupy.types import PropertyFilter, PropertyMatcher, SerializableData, SerializedData


class TemplateSnapshotExtension(JSONSnapshotExtension):
    """Stores a stack's normalised template as JSON with sorted keys, one file for each snapshot.

        @pytest.fixture
        def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
            return snapshot.use_extension(TemplateSnapshotExtension)

        def test_template(snapshot: SnapshotAssertion) -> None:
            assert stack == snapshot

    Where a template differs from its snapshot, what the difference means (as `connect-constructs review` reports it) is
    shown before the difference itself. Given as `snapshot(extension_class=TemplateSnapshotExtension)` it keeps the same
    file, but syrupy shows the difference alone, because it has gone back to its own extension by then.

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

    def diff_lines(self, serialized_data: SerializedData, snapshot_data: SerializedData) -> Iterator[str]:
        """What pytest shows of a difference."""
        report = snapshot_report(str(snapshot_data), str(serialized_data))
        if report:
            yield from (*report.splitlines(), "")
        yield from super().diff_lines(serialized_data, snapshot_data)
