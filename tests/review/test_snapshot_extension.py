"""A template that differs from its snapshot shows what that means, then the difference."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connect_constructs._review.snapshot_report import snapshot_report
from connect_constructs.testing import TemplateSnapshotExtension
from tests.review.templates import Json, resource, template

pytest_plugins = ["pytester"]

OLD = template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}), "T": resource("AWS::SNS::Topic")})
NEW = template({"T": resource("AWS::SNS::Topic")})


def lines(old: object, new: object) -> list[str]:
    extension = TemplateSnapshotExtension()
    colours = re.compile(r"\x1b\[[0-9;]*m")
    return [
        colours.sub("", line) for line in extension.diff_lines(*(str(extension.serialize(one)) for one in (new, old)))
    ]


def test_report_comes_before_the_difference() -> None:
    shown = "\n".join(lines(OLD, NEW))
    assert shown.index("1 Data lost or stranded") < shown.index("AWS::SQS::Queue is removed") < shown.index('"Q": {')


def test_what_is_no_template_has_its_difference_only() -> None:
    shown = "\n".join(lines({"version": 1}, {"version": 2}))
    assert '"version"' in shown
    assert "compared" not in shown


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"Resources": []}', '{"Resources": {"A": 1}}'])
def test_broken_snapshot_has_its_difference_only(broken: str) -> None:
    assert snapshot_report(broken, json.dumps(NEW)) == ""


@pytest.mark.parametrize("content", [OLD, {"version": 1}])
def test_failing_snapshot_shows_it(pytester: pytest.Pytester, content: Json) -> None:
    pytester.makepyfile(
        f"""
        import pytest
        from connect_constructs.testing import TemplateSnapshotExtension

        @pytest.fixture
        def snapshot(snapshot):
            return snapshot.use_extension(TemplateSnapshotExtension)

        def test_template(snapshot):
            assert {NEW!r} == snapshot
        """
    )
    folder = Path("__snapshots__") / "test_failing_snapshot_shows_it"
    (pytester.path / folder).mkdir(parents=True)
    (pytester.path / folder / "test_template.json").write_text(json.dumps(content))

    # Without -vv, and outside of CI, pytest shortens what an assertion explains.
    shown = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-vv").stdout.str()

    assert ("AWS::SQS::Queue is removed; it had no DeletionPolicy, which means Delete" in shown) is (content is OLD)
    assert "1 failed" in shown
