"""Several APIs side by side, and the stability of logical ids."""

from __future__ import annotations

from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi
from tests.constructs.contact_update_api.api_stacks import new_api
from tests.constructs.stacks import logical_id, new_stack, only, resources


def test_function_is_cdks_own(stack: Stack, template: Template) -> None:
    api = stack.node.find_child("ContactUpdates")

    assert isinstance(api, ContactUpdateApi)
    assert isinstance(api.function, lambda_.Function)
    assert stack.resolve(api.function.function_name) == {"Ref": logical_id(template, "AWS::Lambda::Function")}


def test_api_adds_no_outputs(template: Template) -> None:
    assert template.find_outputs("*") == {}


def physical_names(template: Template) -> dict[str, str]:
    """Names that AWS requires to be unique, by the path of the property."""
    names = ("FunctionName", "LogGroupName", "ManagedPolicyName", "RoleName", "UserName", "KeyName")
    return {
        f"{logical_id}.{name}": resource["Properties"][name]
        for logical_id, resource in template.to_json()["Resources"].items()
        if resource["Type"] != "AWS::Lambda::Permission"
        for name in names
        if name in resource.get("Properties", {})
    }


def test_one_stack_can_have_two_copies() -> None:
    stack = new_stack()
    apis = [new_api(stack, "First"), new_api(stack, "Second")]

    template = Template.from_stack(stack)
    assert len(resources(template, "AWS::ApiGateway::RestApi")) == 2
    assert physical_names(template) == {}
    dimensions = [str(stack.resolve(api.rest_api.metric_count().dimensions)) for api in apis]
    assert len(set(dimensions)) == 2


def test_two_stacks_can_be_deployed_side_by_side() -> None:
    app = App()
    stacks = [Stack(app, "First"), Stack(app, "Second")]
    apis = [new_api(stack, api_key_required=True, access_log=True) for stack in stacks]

    for stack in stacks:
        assert physical_names(Template.from_stack(stack)) == {}
    # Several APIs may have the same name, but their metrics would be mixed up.
    names = [only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Name"] for stack in stacks]
    assert names == [api.rest_api.rest_api_name for api in apis]
    assert len(set(names)) == 2


def test_construct_paths_are_as_they_were(stack: Stack) -> None:
    # Logical ids are derived from paths. If they changed, the API would be replaced, and with it the endpoint's URL.
    api = stack.node.find_child("ContactUpdates")
    prefix = f"{api.node.path}/"
    paths = {
        construct.node.path.removeprefix(prefix).removesuffix("/Resource")
        for construct in api.node.find_all()
        if construct.node.id == "Resource"
    }
    responses = {path for path in paths if path.startswith("RestApi/") and path.count("/") == 1} - {
        "RestApi/Deployment",
        "RestApi/DeploymentStage.prod",
    }

    assert len(responses) == 11
    assert paths - responses == {
        "Function/Function",
        "Function/LogGroup",
        "Function/Role",
        "Function/Role/DefaultPolicy",
        "RestApi",
        "RestApi/Default/contact",
        "RestApi/Default/contact/attributes",
        "RestApi/Default/contact/attributes/POST",
        "RestApi/Default/contacts",
        "RestApi/Default/contacts/{InstanceId}",
        "RestApi/Default/contacts/{InstanceId}/{ContactId}",
        "RestApi/Default/contacts/{InstanceId}/{ContactId}/POST",
        "RestApi/Deployment",
        "RestApi/DeploymentStage.prod",
    }
