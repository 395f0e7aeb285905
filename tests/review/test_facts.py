"""The facts about resource types are what the tool makes of AWS's specification, and are as expected."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from connect_constructs._review.facts import Facts, facts_of, source
from tools import cut_resource_facts
from tools.cut_resource_facts import ALSO_STATEFUL, FACTS, NOT_STATEFUL, PACKAGE, cut, differences, generate, written

pytestmark = pytest.mark.skipif(not PACKAGE.is_dir(), reason="npm has not installed tests/review/node")


@pytest.fixture(scope="module")
def generated() -> dict[str, Any]:
    return generate()


@pytest.fixture(scope="module")
def on_disk() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return facts


def test_facts_are_those_of_the_locked_package(on_disk: dict[str, Any], generated: dict[str, Any]) -> None:
    changes = differences(on_disk, generated)
    assert changes == [], "run `python tools/cut_resource_facts.py` and review:\n" + "\n".join(changes)


def test_file_is_written_as_the_tool_writes_it(on_disk: dict[str, Any]) -> None:
    assert FACTS.read_text(encoding="utf-8") == written(on_disk)


def test_source_is_named_with_version_hash_and_date(on_disk: dict[str, Any]) -> None:
    lock = json.loads((PACKAGE.parents[2] / "package-lock.json").read_text(encoding="utf-8"))
    locked = lock["packages"]["node_modules/@aws-cdk/aws-service-spec"]["version"]
    assert source() == on_disk["source"]
    assert on_disk["source"]["version"] == locked
    assert len(on_disk["source"]["sha256"]) == 64
    assert date.fromisoformat(on_disk["source"]["cut"]) >= date(2026, 1, 1)


def test_file_is_small() -> None:
    assert FACTS.stat().st_size < 300_000


@pytest.mark.parametrize(
    ("type_name", "expected"),
    [
        (
            "AWS::SQS::Queue",
            Facts(frozenset({"FifoQueue", "QueueName"}), frozenset(), True, ("QueueName",), True),
        ),
        ("AWS::CloudFormation::Stack", Facts(frozenset(), frozenset(), False, (), False)),
        ("AWS::Made::Up", None),
    ],
)
def test_facts_of_a_type(type_name: str, expected: Facts | None) -> None:
    assert facts_of(type_name) == expected


@pytest.mark.parametrize(
    ("type_name", "name"),
    [
        ("AWS::ApiGateway::Method", ("RestApiId", "ResourceId", "HttpMethod")),
        ("AWS::ApiGateway::Model", ("Name", "RestApiId")),
        ("AWS::DynamoDB::Table", ("TableName",)),
        ("AWS::Events::Rule", ("Name", "EventBusName")),
        ("AWS::IAM::Role", ("RoleName",)),
        ("AWS::Lambda::Alias", ("Name", "FunctionName")),
        ("AWS::Lambda::Function", ("FunctionName",)),
        ("AWS::Logs::LogGroup", ("LogGroupName",)),
        ("AWS::RDS::DBInstance", ("DBInstanceIdentifier",)),
        ("AWS::S3::Bucket", ("BucketName",)),
        ("AWS::Lambda::Permission", ()),
        ("AWS::SQS::QueuePolicy", ()),
    ],
)
def test_physical_name_of_a_type(type_name: str, name: tuple[str, ...]) -> None:
    facts = facts_of(type_name)
    assert facts
    assert facts.name == name


def test_conditional_replacement_stays_conditional() -> None:
    facts = facts_of("AWS::RDS::DBInstance")
    assert facts
    assert "Engine" in facts.may_replace
    assert "Engine" not in facts.replaces


def test_no_property_is_in_both_lists(on_disk: dict[str, Any]) -> None:
    for name, facts in on_disk["types"].items():
        assert not set(facts.get("replaces", ())) & set(facts.get("may_replace", ())), name


def test_every_data_store_of_the_supplement_is_stateful(on_disk: dict[str, Any]) -> None:
    assert all(on_disk["types"][name]["stateful"] for name in ALSO_STATEFUL)
    assert not any("stateful" in on_disk["types"][name] for name in NOT_STATEFUL)


def specification(**properties: Any) -> dict[str, Any]:
    given = {
        name: {"type": {"type": "string"}, **content} if "type" not in content else content
        for name, content in properties.items()
    }
    names = (*ALSO_STATEFUL, *NOT_STATEFUL, *cut_resource_facts.NAMED_WITHIN_PARENT, "AWS::Made::Up")
    types = [{"cloudFormationType": name, "name": "Up", "attributes": {}, "properties": given} for name in names]
    definition = {
        "$id": "1",
        "properties": {
            "Inner": {"type": {"type": "string"}, "causesReplacement": "yes"},
            "Self": {"type": {"type": "ref", "reference": {"$ref": "1"}}},
        },
    }
    return {"schema": {"typeDefinition": {"entities": [definition]}, "resource": {"entities": types}}}


def test_nested_properties_and_recursive_types_are_cut() -> None:
    reference = {"type": "ref", "reference": {"$ref": "1"}}
    facts = cut(
        specification(
            Whole={"causesReplacement": "yes"},
            Perhaps={"causesReplacement": "maybe"},
            Nested={"type": reference},
            Listed={"type": {"type": "array", "element": reference}},
            Either={"type": {"type": "union", "types": [{"type": "string"}, reference]}},
        )
    )["AWS::Made::Up"]
    assert facts["replaces"] == ["Either.Inner", "Listed.Inner", "Nested.Inner", "Whole"]
    assert facts["may_replace"] == ["Perhaps"]


def test_tool_stops_if_the_specification_loses_a_type_of_its_lists() -> None:
    lost = specification()
    lost["schema"]["resource"]["entities"] = lost["schema"]["resource"]["entities"][1:]
    with pytest.raises(ValueError, match="no longer has AWS::Cassandra::Table"):
        cut(lost)


def test_check_names_what_would_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], generated: dict[str, Any]
) -> None:
    changed = json.loads(json.dumps(generated))
    changed["types"]["AWS::SQS::Queue"]["replaces"] = ["QueueName"]
    monkeypatch.setattr(cut_resource_facts, "generate", lambda: changed)
    monkeypatch.setattr("sys.argv", ["cut_resource_facts.py", "--check"])

    assert cut_resource_facts.main() == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("AWS::SQS::Queue: ")
