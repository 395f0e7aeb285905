"""What upgrading from each released version does to deployed stacks."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from connect_constructs._review.accepted import Accepted, read_accepted
from connect_constructs._review.failing import parse_failing
from connect_constructs._review.reading import StackInput
from connect_constructs._review.report import Report, make_report
from connect_constructs._review.review import review
from connect_constructs._review.text import as_text
from tests.upgrade.templates import FOLDER, Template, released_templates, released_versions, todays_templates, write

# An upgrade must not lose data, expose anything, change a name or a URL, or fail to deploy.
NEVER = "data,exposure,identity,deployment"


@pytest.fixture(scope="module")
def today() -> dict[str, Template]:
    return todays_templates()


def upgrade(old: dict[str, Template], new: dict[str, Template], accepted: Accepted | None = None) -> Report:
    before, after = ([StackInput(name, template) for name, template in stacks.items()] for stacks in (old, new))
    return make_report(review(before, after), parse_failing(NEVER), accepted or Accepted({}))


def accepted_in(version: str) -> Accepted:
    """The accepted findings for the upgrade from a version, each with its reason."""
    file = FOLDER / version / "review-accepted.toml"
    return read_accepted(file) if file.exists() else Accepted({})


def test_the_first_release_has_templates() -> None:
    assert "0.1.0" in released_versions()


@pytest.mark.parametrize("version", released_versions())
def test_upgrade_keeps_data_names_and_access(version: str, today: dict[str, Template]) -> None:
    released = released_templates(version)
    assert released
    # A stack that is no longer tested would be an upgrade that nobody tests.
    assert released.keys() <= today.keys()

    report = upgrade(released, {name: today[name] for name in released}, accepted_in(version))

    assert report.compared == len(released)
    assert not report.failing, as_text(report)
    assert report.stale == []


def test_renamed_construct_is_noticed(today: dict[str, Template]) -> None:
    # Given that the construct of the queue gets another id, so that its logical id changes
    template = today["queue"]
    (queue,) = [name for name, resource in template["Resources"].items() if is_main_queue(resource)]
    renamed = json.loads(json.dumps(template).replace(queue, "UpdatesRenamed0A1B2C3D"))

    report = upgrade({"queue": template}, {"queue": renamed})

    assert {entry.finding.class_.slug for entry in report.failing} >= {"data"}


def test_open_method_is_noticed(today: dict[str, Template]) -> None:
    opened = copy.deepcopy(today["minimal"])
    for resource in opened["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::Method" and resource["Properties"]["HttpMethod"] == "POST":
            resource["Properties"]["AuthorizationType"] = "NONE"

    report = upgrade({"minimal": today["minimal"]}, {"minimal": opened})

    assert {entry.finding.class_.slug for entry in report.failing} == {"exposure"}


def test_templates_of_a_version_are_written_once(tmp_path: Path) -> None:
    write(tmp_path / "1.0.0", {"minimal": {"Resources": {}}})

    with pytest.raises(FileExistsError):
        write(tmp_path / "1.0.0", {"minimal": {"Resources": {"More": {}}}})

    assert json.loads((tmp_path / "1.0.0" / "minimal.json").read_text()) == {"Resources": {}}


def is_main_queue(resource: dict[str, Any]) -> bool:
    return resource["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in resource["Properties"]
