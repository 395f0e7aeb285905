"""Cloud assemblies, and stacks nested in others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_constructs._review.errors import InputError
from connect_constructs._review.reading import StackInput, read_assembly, read_template
from connect_constructs._review.review import review
from tests.review.templates import Json, allow, findings, resource, role, rules, template

QUEUE = template({"Q": resource("AWS::SQS::Queue")})
NOTHING = template({"T": resource("AWS::SNS::Topic")})
HASHES = {"old": "a" * 64, "new": "b" * 64}


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def assembly(
    directory: Path, stacks: dict[str, Json], environment: str = "aws://unknown-account/unknown-region"
) -> Path:
    artifacts = {}
    for name, content in stacks.items():
        write(directory / f"{name}.template.json", content)
        properties = {"templateFile": f"{name}.template.json"}
        artifacts[name] = {"type": "aws:cloudformation:stack", "environment": environment, "properties": properties}
    artifacts["Tree"] = {"type": "cdk:tree", "properties": {"file": "tree.json"}}
    write(directory / "manifest.json", {"version": "1", "artifacts": artifacts})
    return directory


def test_stacks_are_matched_by_the_manifests_id(tmp_path: Path) -> None:
    old = assembly(tmp_path / "old", {"One": QUEUE, "Two": QUEUE})
    new = assembly(tmp_path / "new", {"Two": QUEUE, "One": NOTHING})

    found = review(read_assembly(old), read_assembly(new)).findings

    assert [(one.rule, one.stack) for one in found if one.class_.value < 9] == [("data-removed", "One")]


@pytest.mark.parametrize("in_a_file", [True, False])
def test_constructs_are_called_by_the_path_that_the_assembly_says(tmp_path: Path, in_a_file: bool) -> None:
    old, new = (assembly(tmp_path / name, {"One": one}) for name, one in (("old", QUEUE), ("new", NOTHING)))
    metadata = {"/One/Updates/Queue/Resource": [{"type": "aws:cdk:logicalId", "data": "Q"}], "/One": "odd"}
    manifest = json.loads((old / "manifest.json").read_text())
    if in_a_file:
        write(old / "One.metadata.json", metadata)
        manifest["artifacts"]["One"]["additionalMetadataFile"] = "One.metadata.json"
    else:
        manifest["artifacts"]["One"]["metadata"] = metadata
    write(old / "manifest.json", manifest)

    found = review(read_assembly(old), read_assembly(new)).findings

    assert found[0].path == "One/Updates/Queue"


def test_missing_stack_stays_deployed_until_it_is_destroyed(tmp_path: Path) -> None:
    old = assembly(tmp_path / "old", {"One": QUEUE, "Two": NOTHING})
    new = assembly(tmp_path / "new", {"Two": NOTHING})

    (found,) = review(read_assembly(old), read_assembly(new)).findings

    assert (found.rule, found.stack) == ("stack-missing", "One")
    assert "stays deployed until it is destroyed" in found.what


def test_new_stack_is_said(tmp_path: Path) -> None:
    found = review([], read_assembly(assembly(tmp_path, {"One": QUEUE}))).findings
    assert sorted(rules(found)) == ["other", "stack-added"]


def test_stacks_of_stages_are_read(tmp_path: Path) -> None:
    assembly(tmp_path / "assembly-Prod", {"ProdOne": QUEUE})
    nested = {"Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}
    write(tmp_path / "manifest.json", {"artifacts": nested})

    assert [stack.name for stack in read_assembly(tmp_path)] == ["ProdOne"]


def test_account_and_region_are_those_of_the_manifest(tmp_path: Path) -> None:
    directory = assembly(tmp_path, {"One": QUEUE}, "aws://111122223333/eu-west-1")
    (stack,) = read_assembly(directory)
    assert (stack.account, stack.region) == ("111122223333", "eu-west-1")


def test_environment_that_the_app_leaves_open_is_empty(tmp_path: Path) -> None:
    (stack,) = read_assembly(assembly(tmp_path, {"One": QUEUE}))
    assert (stack.account, stack.region) == ("", "")


def test_export_that_another_stack_imports_will_not_go(tmp_path: Path) -> None:
    exporting = template({"T": resource("AWS::SNS::Topic")}, Outputs={"O": {"Value": "x", "Export": {"Name": "e"}}})
    importing = template({"P": resource("AWS::SSM::Parameter", {"Type": "String", "Value": {"Fn::ImportValue": "e"}})})
    old = assembly(tmp_path / "old", {"One": exporting, "Two": importing})
    new = assembly(tmp_path / "new", {"One": NOTHING, "Two": importing})

    (found,) = review(read_assembly(old), read_assembly(new)).findings

    assert (found.rule, found.class_.slug) == ("export-in-use", "deployment")


def parent(asset_hash: str, **parameters: Any) -> Json:
    url = {
        "Fn::Sub": f"https://s3.${{AWS::Region}}.${{AWS::URLSuffix}}/cdk-hnb659fds-assets-1-${{AWS::Region}}/{asset_hash}.json"
    }
    properties = {"TemplateURL": url, **({"Parameters": parameters} if parameters else {})}
    return template({"Q": resource("AWS::SQS::Queue"), "N": resource("AWS::CloudFormation::Stack", properties)})


def nesting(directory: Path, asset_hash: str, nested: Json, **parameters: Any) -> Path:
    assembly(directory, {"One": parent(asset_hash, **parameters)})
    files = {asset_hash: {"source": {"path": "One.N.nested.template.json", "packaging": "file"}}}
    write(directory / "One.assets.json", {"files": files})
    write(directory / "One.N.nested.template.json", nested)
    return directory


def test_nested_stack_is_compared(tmp_path: Path) -> None:
    old = nesting(tmp_path / "old", HASHES["old"], QUEUE)
    new = nesting(tmp_path / "new", HASHES["new"], NOTHING)

    found = [one for one in review(read_assembly(old), read_assembly(new)).findings if one.class_.value < 9]

    assert [(one.rule, one.stack) for one in found] == [("data-removed", "One/N")]


def test_nested_stack_with_another_hash_and_the_same_template_is_no_difference(tmp_path: Path) -> None:
    old = nesting(tmp_path / "old", HASHES["old"], QUEUE)
    new = nesting(tmp_path / "new", HASHES["new"], QUEUE)
    assert review(read_assembly(old), read_assembly(new)).findings == []


def test_removed_nested_stack_loses_what_is_in_it(tmp_path: Path) -> None:
    old = nesting(tmp_path / "old", HASHES["old"], QUEUE)
    new = assembly(tmp_path / "new", {"One": QUEUE})
    found = review(read_assembly(old), read_assembly(new)).findings
    assert [(one.rule, one.stack) for one in found if one.class_.value < 9] == [("data-removed", "One/N")]


def test_nested_stack_in_a_normalised_template_is_compared() -> None:
    def inside(nested: Json) -> Json:
        given = parent("<asset hash>")
        given["Resources"]["N"]["Template"] = nested
        return given

    found = review([StackInput("S", inside(QUEUE))], [StackInput("S", inside(NOTHING))]).findings
    assert [(one.rule, one.stack) for one in found if one.class_.value < 9] == [("data-removed", "S/N")]


def _parent(logical_id: str, **others: Any) -> Json:
    inner = template({"T": resource("AWS::DynamoDB::Table", {"TableName": {"Ref": "AWS::StackName"}})})
    properties = {"TemplateURL": "https://bucket.example/nested.json"}
    return template({logical_id: resource("AWS::CloudFormation::Stack", properties, Template=inner, **others)})


def test_renamed_nested_stack_loses_what_is_in_it() -> None:
    found = findings(_parent("A"), _parent("B"))
    assert [(one.rule, one.stack, one.resource) for one in found] == [("data-removed", "Stack/B", "T")]


def test_function_in_a_renamed_nested_stack_gets_another_arn() -> None:
    def parent(logical_id: str) -> Json:
        given = _parent(logical_id)
        inner = {"F": resource("AWS::Lambda::Function", {"FunctionName": {"Ref": "AWS::StackName"}})}
        given["Resources"][logical_id]["Template"] = template(inner)
        return given

    assert rules(findings(parent("A"), parent("B"))) == ["identity-removed"]


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_nested_stack_that_is_kept_loses_nothing(policy: str) -> None:
    old = _parent("A", DeletionPolicy=policy)
    assert findings(old, template({"Other": resource("AWS::SNS::Topic")})) == []
    assert findings(old, _parent("B", DeletionPolicy=policy)) == []


def test_nested_stack_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    old = write(tmp_path / "old" / "t.json", parent(HASHES["old"]))
    new_template = parent(HASHES["new"])
    new_template["Resources"]["Q"]["Properties"] = {"VisibilityTimeout": 60}
    new = write(tmp_path / "new" / "t.json", new_template)

    found = review([read_template(old, "t")], [read_template(new, "t")]).findings

    assert "nested-stack-not-found" in rules(found)


def test_argument_of_a_nested_stack_is_its_parameters_value(tmp_path: Path) -> None:
    inner = {
        **template({"R": role(allow("sqs:SendMessage", {"Ref": "Target"}))}),
        "Parameters": {"Target": {"Type": "String"}},
    }
    old = nesting(tmp_path / "old", HASHES["old"], inner, Target={"Fn::GetAtt": ["Q", "Arn"]})
    new = nesting(tmp_path / "new", HASHES["old"], inner, Target="*")

    found = review(read_assembly(old), read_assembly(new)).findings

    assert ("permission-widened", "One/N") in [(one.rule, one.stack) for one in found]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("[]", "expected a manifest"),
        ('{"artifacts": 1}', "expected a manifest"),
        ("{", "expected JSON"),
        (
            '{"artifacts": {"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "no.json"}}}}',
            "No such file",
        ),
        (
            '{"artifacts": {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "no"}}}}',
            "no manifest.json",
        ),
    ],
)
def test_broken_assembly_is_said(tmp_path: Path, manifest: str, said: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match=said):
        read_assembly(tmp_path)
