"""Templates for reviewers, which only change when the infrastructure changes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, CustomResource, Fn, NestedStack, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, _handler_function
from connect_constructs._handler_code import handler_directory
from connect_constructs.testing import TemplateSnapshotExtension, normalised_template
from tests.constructs.stacks import new_instance, new_stack, resources

HASH = re.compile(r"[0-9a-f]{32}")


def endpoint(**arguments: Any) -> Stack:
    stack = new_stack()
    ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack), **arguments)
    return stack


@pytest.fixture
def new_handler_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Change the handler's code, as far as the constructs can see."""

    def change() -> None:
        shutil.copytree(handler_directory(), tmp_path / "lambda")
        (tmp_path / "lambda" / "contact_updates" / "more.py").write_text("MORE = 1\n")
        monkeypatch.setattr(_handler_function, "handler_directory", lambda: tmp_path / "lambda")

    return change


def test_change_of_code_changes_nothing(new_handler_code: Callable[[], None]) -> None:
    before = endpoint()
    new_handler_code()
    after = endpoint()

    # The synthesised templates do differ.
    assert Template.from_stack(before).to_json() != Template.from_stack(after).to_json()
    assert normalised_template(before) == normalised_template(after)


def test_change_of_infrastructure_changes_the_template() -> None:
    assert normalised_template(endpoint()) != normalised_template(endpoint(throttling_rate_limit=11))


def test_new_resources_are_the_only_new_ids() -> None:
    before, after = normalised_template(endpoint()), normalised_template(endpoint(api_key_required=True))

    assert before["Resources"].keys() < after["Resources"].keys()
    added = {after["Resources"][logical_id]["Type"] for logical_id in after["Resources"].keys() - before["Resources"]}
    assert added == {
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
    }


def test_hashes_and_boilerplate_are_removed_and_the_rest_stays() -> None:
    stack = endpoint()
    synthesised, normalised = Template.from_stack(stack).to_json(), normalised_template(stack)

    assert {"Parameters", "Rules"} <= set(synthesised)
    assert set(normalised) == {"Resources"}
    assert len(normalised["Resources"]) == len(synthesised["Resources"])
    assert HASH.search(json.dumps(synthesised))
    assert not HASH.search(json.dumps(normalised))


def test_deployment_has_the_same_id_in_all_references() -> None:
    normalised = normalised_template(endpoint())

    types = {logical_id: resource["Type"] for logical_id, resource in normalised["Resources"].items()}
    (deployment,) = [logical_id for logical_id, type_ in types.items() if type_ == "AWS::ApiGateway::Deployment"]
    (stage,) = [
        resource for resource in normalised["Resources"].values() if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    assert re.fullmatch(r"ContactUpdatesRestApiDeployment[0-9A-F]{8}", deployment)
    assert stage["Properties"]["DeploymentId"] == {"Ref": deployment}


@pytest.fixture
def two_functions(tmp_path: Path) -> Stack:
    """Two functions with different code and with versions, which are referred to in every way."""
    stack = new_stack()
    for name in ("First", "Second"):
        code = tmp_path / name
        code.mkdir()
        (code / "index.py").write_text(f"{name} = 1\n")
        function = lambda_.Function(
            stack,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(code)),
        )
        version = function.current_version
        lambda_.Alias(stack, f"{name}Alias", alias_name="live", version=version)
        CfnOutput(stack, f"{name}Version", value=version.version)
        custom = CustomResource(stack, f"{name}Custom", service_token=function.function_arn)
        custom.node.add_dependency(version)
        version_id = stack.resolve(stack.get_logical_id(version.node.default_child))  # type: ignore[arg-type]
        CfnOutput(stack, f"{name}Sub", value=Fn.sub(f"${{{version_id}.Version}}"))
    return stack


def test_assets_and_versions_of_several_functions_lose_their_hashes(two_functions: Stack) -> None:
    template = Template.from_stack(two_functions)
    keys = {
        function["Properties"]["Code"]["S3Key"] for function in resources(template, "AWS::Lambda::Function").values()
    }
    assert len(keys) == 2

    normalised = normalised_template(two_functions)

    assert not HASH.search(json.dumps(normalised))
    found = {
        type_: [
            (logical_id, resource)
            for logical_id, resource in normalised["Resources"].items()
            if resource["Type"] == type_
        ]
        for type_ in ("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias")
    }
    assert [function["Properties"]["Code"]["S3Key"] for _, function in found["AWS::Lambda::Function"]] == [
        "<asset hash>.zip"
    ] * 2
    versions = [logical_id for logical_id, _ in found["AWS::Lambda::Version"]]
    assert len(set(versions)) == 2
    # The alias (Fn::GetAtt), the outputs (Fn::GetAtt, Fn::Sub) and the custom resource (DependsOn) follow.
    assert [alias["Properties"]["FunctionVersion"] for _, alias in found["AWS::Lambda::Alias"]] == [
        {"Fn::GetAtt": [version, "Version"]} for version in versions
    ]
    assert [normalised["Outputs"][f"{name}Sub"]["Value"] for name in ("First", "Second")] == [
        {"Fn::Sub": f"${{{version}.Version}}"} for version in versions
    ]
    for name, version in zip(("First", "Second"), versions, strict=True):
        (custom,) = [
            resource
            for logical_id, resource in normalised["Resources"].items()
            if logical_id.startswith(f"{name}Custom")
        ]
        assert custom["DependsOn"] == [version]


def test_cdk_metadata_is_removed() -> None:
    stack = Stack(App(analytics_reporting=True), "Stack")
    ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack))

    assert "AWS::CDK::Metadata" in json.dumps(Template.from_stack(stack).to_json())
    assert normalised_template(stack) == normalised_template(endpoint())


def _parent(code: Path, *, action: str = "sqs:SendMessage") -> Stack:
    """A stack with a nested one, which has another: a function and its version there, referred to from everywhere."""
    parent = new_stack()
    queue = sqs.Queue(parent, "Queue")
    nested = NestedStack(parent, "Nested")
    inner = NestedStack(nested, "Inner")
    function = lambda_.Function(
        inner,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(code)),
        environment={"QUEUE": queue.queue_url},
    )
    function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=["*"]))
    lambda_.Alias(nested, "Alias", alias_name="live", version=function.current_version)
    lambda_.Alias(parent, "Alias", alias_name="live-too", version=function.current_version)
    CfnOutput(parent, "Version", value=function.current_version.function_arn)
    return parent


@pytest.fixture
def code(tmp_path: Path) -> Callable[[str], Path]:
    """A folder with a function's code, which contains the given text."""

    def write(text: str) -> Path:
        folder = tmp_path / text
        folder.mkdir()
        (folder / "index.py").write_text(f"TEXT = {text!r}\n")
        return folder

    return write


def test_widening_in_a_nested_stack_changes_the_parents_template(code: Callable[[str], Path]) -> None:
    before = normalised_template(_parent(code("before")))
    after = normalised_template(_parent(code("after"), action="*"))

    assert before != after
    assert (json.dumps(before).count('"Action": "*"'), json.dumps(after).count('"Action": "*"')) == (0, 1)


def test_change_of_code_in_a_nested_stack_changes_nothing(code: Callable[[str], Path]) -> None:
    before, after = _parent(code("before")), _parent(code("after"))

    # The synthesised templates do differ, in the nested stacks' addresses.
    assert Template.from_stack(before).to_json() != Template.from_stack(after).to_json()
    assert normalised_template(before) == normalised_template(after)


def test_nested_stacks_have_their_normalised_templates_in_them(code: Callable[[str], Path]) -> None:
    parent = _parent(code("code"))
    nested = parent.node.find_child("Nested")
    assert isinstance(nested, NestedStack)

    normalised = normalised_template(parent)

    assert not HASH.search(json.dumps(normalised))
    (resource,) = [
        resource for resource in normalised["Resources"].values() if resource["Type"] == "AWS::CloudFormation::Stack"
    ]
    assert resource["Template"] == normalised_template(nested)
    (inner,) = [
        resource
        for resource in resource["Template"]["Resources"].values()
        if resource["Type"] == "AWS::CloudFormation::Stack"
    ]
    assert {resource["Type"] for resource in inner["Template"]["Resources"].values()} == {
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
    }


def test_other_hashes_stay() -> None:
    stack = new_stack()
    CfnOutput(stack, "Digest", value="0" * 64)

    assert normalised_template(stack) == {"Outputs": {"Digest": {"Value": "0" * 64}}}


def test_snapshot_of_a_stack_is_its_normalised_template_as_sorted_json() -> None:
    stack = endpoint()
    written = TemplateSnapshotExtension().serialize(stack)

    assert isinstance(written, str)
    assert json.loads(written) == normalised_template(stack)
    assert written == json.dumps(json.loads(written), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_snapshot_takes_a_template_too() -> None:
    assert TemplateSnapshotExtension().serialize({"b": 1, "a": 2}) == '{\n  "a": 2,\n  "b": 1\n}\n'


def test_unknown_name_is_an_attribute_error() -> None:
    import connect_constructs.testing

    with pytest.raises(AttributeError, match=r"module 'connect_constructs.testing' has no attribute 'Nonsense'"):
        _ = connect_constructs.testing.Nonsense


@pytest.mark.parametrize(
    "module",
    [
        "connect_constructs",
        "connect_constructs.contract.client_model",
        "connect_constructs.contract.openapi",
        "connect_constructs.contract.schema",
        "connect_constructs.testing",
    ],
)
def test_import_loads_neither_cdk_nor_syrupy(module: str) -> None:
    program = f"import sys, {module}; print(*({{'aws_cdk', 'constructs', 'jsii', 'syrupy'}} & set(sys.modules)))"
    root = Path(__file__).parents[2]

    printed = subprocess.run([sys.executable, "-c", program], cwd=root, check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == ""
