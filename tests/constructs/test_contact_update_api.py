from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import jsii
import pytest
from aws_cdk import App, CfnParameter, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Match, Template
from botocore.session import get_session
from jsonschema import Draft4Validator

from connect_constructs import ContactUpdateApi, ContactUpdateFunctionOptions, ContactUpdateOperation
from tests.constructs.stacks import (
    CONTACT_ARNS,
    INSTANCE_ARN,
    INSTANCE_ID,
    logical_id,
    new_instance,
    new_stack,
    only,
    resources,
)

PATHS = {"/contact/attributes", "/contacts/{InstanceId}/{ContactId}"}


def new_api(stack: Stack, construct_id: str = "ContactUpdates", **arguments: Any) -> ContactUpdateApi:
    return ContactUpdateApi(stack, construct_id, instance=new_instance(stack, f"{construct_id}Instance"), **arguments)


def template_with(**arguments: Any) -> Template:
    stack = new_stack()
    new_api(stack, **arguments)
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def stack() -> Stack:
    stack = new_stack()
    new_api(stack)
    return stack


@pytest.fixture(scope="module")
def template(stack: Stack) -> Template:
    return Template.from_stack(stack)


def methods(template: Template, http_method: str = "POST") -> dict[str, dict[str, Any]]:
    """The methods' properties, by path."""
    parents = {
        logical_id: (resource["Properties"]["PathPart"], resource["Properties"]["ParentId"].get("Ref"))
        for logical_id, resource in resources(template, "AWS::ApiGateway::Resource").items()
    }

    def path(logical_id: str | None) -> str:
        if logical_id is None:
            return ""
        part, parent = parents[logical_id]
        return f"{path(parent)}/{part}"

    return {
        path(method["Properties"]["ResourceId"]["Ref"]): dict(method["Properties"])
        for method in resources(template, "AWS::ApiGateway::Method", {"HttpMethod": http_method}).values()
    }


def gateway_responses(template: Template) -> dict[str, dict[str, Any]]:
    """The gateway responses' properties, by type."""
    return {
        response["Properties"]["ResponseType"]: dict(response["Properties"])
        for response in resources(template, "AWS::ApiGateway::GatewayResponse").values()
    }


# The methods


def test_api_has_the_two_methods_of_amazon_connect_and_no_others(template: Template) -> None:
    assert set(methods(template)) == PATHS
    assert len(resources(template, "AWS::ApiGateway::Method")) == 2


def test_methods_take_signed_requests_and_no_key(template: Template) -> None:
    for method in methods(template).values():
        assert method["AuthorizationType"] == "AWS_IAM"
        assert method["ApiKeyRequired"] is False
        assert "AuthorizerId" not in method


def test_methods_check_bodies_of_both_content_types(template: Template) -> None:
    validator = resources(template, "AWS::ApiGateway::RequestValidator", {"ValidateRequestBody": True})
    models = set(resources(template, "AWS::ApiGateway::Model"))

    for method in methods(template).values():
        assert [method["RequestValidatorId"]["Ref"]] == list(validator)
        assert set(method["RequestModels"]) == {"application/json", "application/x-amz-json-1.1"}
        json_model, amz_json_model = method["RequestModels"].values()
        assert json_model == amz_json_model
        models.remove(json_model["Ref"])
    # Each method has a model of its own, and no model is left.
    assert models == set()


def test_methods_hand_requests_to_the_function_itself(template: Template) -> None:
    function = {"Fn::GetAtt": [logical_id(template, "AWS::Lambda::Function"), "Arn"]}
    uri = [
        "arn:",
        {"Ref": "AWS::Partition"},
        ":apigateway:",
        {"Ref": "AWS::Region"},
        ":lambda:path/2015-03-31/functions/",
        function,
        "/invocations",
    ]

    for method in methods(template).values():
        assert method["Integration"] == {
            "IntegrationHttpMethod": "POST",
            "TimeoutInMillis": 29_000,
            "Type": "AWS_PROXY",
            "Uri": {"Fn::Join": ["", uri]},
        }
    assert template.find_resources("AWS::Lambda::Version") == {}
    assert template.find_resources("AWS::Lambda::Alias") == {}


def test_only_the_two_methods_of_the_stage_may_invoke_the_function(template: Template) -> None:
    permissions = [resource["Properties"] for resource in resources(template, "AWS::Lambda::Permission").values()]
    stage = {"Ref": logical_id(template, "AWS::ApiGateway::Stage")}

    # No permission for the test console, whose stage is test-invoke-stage.
    assert [permission["SourceArn"]["Fn::Join"][1][-3:] for permission in permissions] == [
        ["/", stage, "/POST/contact/attributes"],
        ["/", stage, "/POST/contacts/*/*"],
    ]
    for permission in permissions:
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["FunctionName"] == {"Fn::GetAtt": [logical_id(template, "AWS::Lambda::Function"), "Arn"]}


# The schemas at the edge

ATTRIBUTES = {"InitialContactId": "c", "InstanceId": INSTANCE_ID, "Attributes": {"tier": "gold"}}


def edge_schema(template: Template, path: str) -> dict[str, Any]:
    model = methods(template)[path]["RequestModels"]["application/json"]["Ref"]
    return dict(resources(template, "AWS::ApiGateway::Model")[model]["Properties"]["Schema"])


@pytest.mark.parametrize("path", sorted(PATHS))
def test_edge_schema_is_draft_4(template: Template, path: str) -> None:
    schema = edge_schema(template, path)

    assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"
    Draft4Validator.check_schema(schema)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_edge_schema_states_nothing_that_makes_the_validator_quote_values(template: Template, path: str) -> None:
    assert set(edge_schema(template, path)) <= {"$schema", "type", "required"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/contact/attributes", ATTRIBUTES),
        ("/contact/attributes", {**ATTRIBUTES, "InstanceId": INSTANCE_ARN}),
        ("/contact/attributes", {**ATTRIBUTES, "Attributes": {}}),
        # The handler's, with all violations at once
        ("/contact/attributes", {**ATTRIBUTES, "Attributes": {"a b": 1}, "More": None}),
        ("/contacts/{InstanceId}/{ContactId}", {"Name": "n"}),
        ("/contacts/{InstanceId}/{ContactId}", {"References": {"r": {"Type": "URL", "Value": "https://example.com"}}}),
        ("/contacts/{InstanceId}/{ContactId}", {"SegmentAttributes": {"a": {"ValueMap": {"b": {"ValueString": "c"}}}}}),
        ("/contacts/{InstanceId}/{ContactId}", {}),
    ],
)
def test_edge_lets_body_pass(template: Template, path: str, body: Any) -> None:
    assert Draft4Validator(edge_schema(template, path)).is_valid(body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(
            ("/contact/attributes", {name: value for name, value in ATTRIBUTES.items() if name != missing})
            for missing in ATTRIBUTES
        ),
        ("/contact/attributes", {}),
        *((path, body) for path in sorted(PATHS) for body in ([], [ATTRIBUTES], None, "text", 1, True)),
    ],
)
def test_edge_refuses_body(template: Template, path: str, body: Any) -> None:
    assert not Draft4Validator(edge_schema(template, path)).is_valid(body)


# The API and its stage


def test_api_is_regional_and_leaves_the_account_as_it_is(template: Template) -> None:
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert template.find_resources("AWS::ApiGateway::Account") == {}
    assert len(resources(template, "AWS::IAM::Role")) == 1


def test_cloud_watch_role_is_set_for_the_account_when_asked_for() -> None:
    template = template_with(cloud_watch_role=True)

    role = logical_id(template, "AWS::IAM::Role", {"ManagedPolicyArns": [{"Fn::Join": _any_with("CloudWatchLogs")}]})
    (account_id, account) = next(iter(resources(template, "AWS::ApiGateway::Account").items()))
    assert account["Properties"] == {"CloudWatchRoleArn": {"Fn::GetAtt": [role, "Arn"]}}
    # Other APIs of the account and Region rely on it once it is set.
    assert account["DeletionPolicy"] == "Retain"
    # A stage with an access log cannot be made before.
    (stage,) = resources(template, "AWS::ApiGateway::Stage").values()
    assert stage["DependsOn"] == [account_id]


def _any_with(text: str) -> Any:
    return Match.array_with([Match.array_with([Match.string_like_regexp(text)])])


@pytest.mark.parametrize(
    ("arguments", "rate", "burst"),
    [
        # Amazon Connect's own quota
        ({}, 10, 15),
        ({"throttling_rate_limit": 50, "throttling_burst_limit": 100}, 50, 100),
        ({"throttling_rate_limit": 0.5}, 0.5, 15),
        ({"throttling_burst_limit": 1}, 10, 1),
    ],
)
def test_stage_throttles_every_method(arguments: dict[str, Any], rate: float, burst: int) -> None:
    assert only(template_with(**arguments), "AWS::ApiGateway::Stage")["MethodSettings"] == [
        {
            "DataTraceEnabled": False,
            "HttpMethod": "*",
            "ResourcePath": "/*",
            "ThrottlingBurstLimit": burst,
            "ThrottlingRateLimit": rate,
        }
    ]


@pytest.mark.parametrize("name", ["throttling_rate_limit", "throttling_burst_limit"])
@pytest.mark.parametrize("value", [0, -1])
def test_rejects_throttle_that_lets_nothing_through(name: str, value: int) -> None:
    arguments: dict[str, Any] = {name: value}

    with pytest.raises(ValueError, match=f"^{name}: expected .*, got {value}$"):
        template_with(**arguments)


@pytest.mark.parametrize("rate", [math.nan, math.inf])
def test_rejects_rate_that_is_no_finite_number(rate: float) -> None:
    with pytest.raises(ValueError, match=f"^throttling_rate_limit: expected a number above 0, got {rate}$"):
        template_with(throttling_rate_limit=rate)


def test_throttle_may_be_a_token() -> None:
    stack = new_stack()
    rate = CfnParameter(stack, "Rate", type="Number").value_as_number
    new_api(stack, throttling_rate_limit=rate)

    (settings,) = only(Template.from_stack(stack), "AWS::ApiGateway::Stage")["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "Rate"}


# The access log


def test_access_log_is_a_line_of_json(template: Template) -> None:
    setting = only(template, "AWS::ApiGateway::Stage")["AccessLogSetting"]
    line = re.sub(r"\$context(\.\w+)+", "value", setting["Format"])

    fields = json.loads(line)
    assert "$" not in line
    assert {"requestId", "status", "responseLatency", "resourcePath"} <= set(fields)
    assert set(fields.values()) == {"value"}


def test_access_log_holds_nothing_that_callers_write(template: Template) -> None:
    variables = re.findall(
        r"\$context(?:\.\w+)+", only(template, "AWS::ApiGateway::Stage")["AccessLogSetting"]["Format"]
    )

    assert variables
    # The path holds ids, the validation string and the error message quote values, and the rest is bodies and headers.
    for forbidden in ("$context.path", "validationErrorString", "error.message", "requestOverride", "responseOverride"):
        assert not [variable for variable in variables if forbidden in variable]


def test_access_log_goes_to_a_log_group_of_its_own(stack: Stack, template: Template) -> None:
    groups = resources(template, "AWS::Logs::LogGroup")
    function_group = only(template, "AWS::Lambda::Function")["LoggingConfig"]["LogGroup"]["Ref"]
    destination = only(template, "AWS::ApiGateway::Stage")["AccessLogSetting"]["DestinationArn"]
    (access_log,) = groups.keys() - {function_group}

    assert destination == {"Fn::GetAtt": [access_log, "Arn"]}
    assert groups[access_log]["Properties"] == {"RetentionInDays": 90}
    api = stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    assert api.log_group is not None
    assert stack.resolve(api.log_group.log_group_arn) == destination


def test_access_log_retention_can_be_chosen() -> None:
    template = template_with(access_log_retention=logs.RetentionDays.ONE_YEAR)

    retentions = {
        group["Properties"]["RetentionInDays"] for group in resources(template, "AWS::Logs::LogGroup").values()
    }
    assert retentions == {90, 365}


def test_access_log_can_be_left_out() -> None:
    stack = new_stack()
    api = new_api(stack, access_log=False)

    template = Template.from_stack(stack)
    assert api.log_group is None
    assert "AccessLogSetting" not in only(template, "AWS::ApiGateway::Stage")
    assert len(resources(template, "AWS::Logs::LogGroup")) == 1


# API Gateway's own answers


def test_every_gateway_response_of_api_gateway_is_given(template: Template) -> None:
    model = get_session().get_service_model("apigateway")

    assert set(gateway_responses(template)) == set(model.shape_for("GatewayResponseType").enum)


def test_gateway_responses_have_amazon_connects_form(template: Template) -> None:
    for response_type, response in gateway_responses(template).items():
        (media_type, body_text), *others = response["ResponseTemplates"].items()
        body = json.loads(body_text)

        assert (media_type, others) == ("application/json", []), response_type
        assert set(body) == {"__type", "message", "Message"}, response_type
        assert body["message"] == body["Message"], response_type
        assert response["ResponseParameters"]["gatewayresponse.header.x-amzn-ErrorType"] == f"'{body['__type']}'"


def test_gateway_responses_are_fixed_texts(template: Template) -> None:
    assert "$" not in json.dumps(gateway_responses(template))


def test_gateway_response_says_when_to_try_again_exactly_when_throttled(template: Template) -> None:
    retry_after = "gatewayresponse.header.Retry-After"

    with_header = {
        name: response["ResponseParameters"][retry_after]
        for name, response in gateway_responses(template).items()
        if retry_after in response["ResponseParameters"]
    }
    assert with_header == {"THROTTLED": "'1'", "QUOTA_EXCEEDED": "'1'"}


def test_gateway_responses_keep_api_gateways_statuses(template: Template) -> None:
    statuses = {name: response.get("StatusCode") for name, response in gateway_responses(template).items()}

    # API Gateway Developer Guide, "Gateway response types for API Gateway". The two defaults set none: they stand for
    # several.
    assert statuses == {
        "ACCESS_DENIED": "403",
        "API_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_FAILURE": "500",
        "BAD_REQUEST_BODY": "400",
        "BAD_REQUEST_PARAMETERS": "400",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
        "EXPIRED_TOKEN": "403",
        "INTEGRATION_FAILURE": "504",
        "INTEGRATION_TIMEOUT": "504",
        "INVALID_API_KEY": "403",
        "INVALID_SIGNATURE": "403",
        "MISSING_AUTHENTICATION_TOKEN": "403",
        "QUOTA_EXCEEDED": "429",
        "REQUEST_TOO_LARGE": "413",
        "RESOURCE_NOT_FOUND": "404",
        "THROTTLED": "429",
        "UNAUTHORIZED": "401",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "WAF_FILTERED": "403",
    }


def test_new_deployment_waits_for_every_gateway_response(template: Template) -> None:
    (deployment,) = resources(template, "AWS::ApiGateway::Deployment").values()

    assert set(resources(template, "AWS::ApiGateway::GatewayResponse")) <= set(deployment["DependsOn"])


# CORS

CORS = "gatewayresponse.header.Access-Control-"


def test_without_origins_there_is_no_cors(template: Template) -> None:
    assert methods(template, "OPTIONS") == {}
    assert "Access-Control" not in json.dumps(template.to_json())
    assert "ALLOW_ORIGINS" not in only(template, "AWS::Lambda::Function")["Environment"]["Variables"]


def test_no_origins_are_as_good_as_none_given() -> None:
    assert methods(template_with(allow_origins=[]), "OPTIONS") == {}


@pytest.mark.parametrize(
    ("origins", "preflight_origin", "gateway_origin"),
    [
        (["https://crm.example.com"], "'https://crm.example.com'", "'https://crm.example.com'"),
        (["*"], "'*'", "'*'"),
        # The template of the preflight chooses; a gateway response repeats the caller's.
        (
            ["https://crm.example.com", "https://desk.example.com"],
            "'https://crm.example.com'",
            "method.request.header.Origin",
        ),
    ],
)
def test_origins_are_allowed_in_preflights_gateway_responses_and_answers(
    origins: list[str], preflight_origin: str, gateway_origin: str
) -> None:
    template = template_with(allow_origins=origins)

    # In preflights, which cannot be signed
    preflights = methods(template, "OPTIONS")
    assert set(preflights) == PATHS
    for preflight in preflights.values():
        (response,) = preflight["Integration"]["IntegrationResponses"]
        headers = response["ResponseParameters"]
        assert (preflight["AuthorizationType"], preflight["ApiKeyRequired"]) == ("NONE", False)
        assert headers["method.response.header.Access-Control-Allow-Origin"] == preflight_origin
        assert headers["method.response.header.Access-Control-Allow-Methods"] == "'POST'"
        allowed = headers["method.response.header.Access-Control-Allow-Headers"].strip("'").split(",")
        assert {"Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"} <= set(allowed)
        assert "Idempotency-Key" in allowed
        for origin in origins[1:]:
            assert f'#if($origin == "{origin}")' in response["ResponseTemplates"]["application/json"]

    # In API Gateway's own answers
    for response in gateway_responses(template).values():
        assert response["ResponseParameters"][f"{CORS}Allow-Origin"] == gateway_origin
        assert response["ResponseParameters"][f"{CORS}Expose-Headers"] == (
            "'Retry-After,x-amzn-ErrorType,x-amzn-RequestId'"
        )
        vary = response["ResponseParameters"].get("gatewayresponse.header.Vary")
        assert vary == ("'Origin'" if len(origins) > 1 else None)

    # In the function's answers
    environment = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert environment["ALLOW_ORIGINS"] == ",".join(origins)


@pytest.mark.parametrize(
    "origins",
    [
        "https://crm.example.com",
        {"https://crm.example.com"},
        ["https://crm.example.com/"],
        ["https://CRM.example.com"],
        ["https://crm.example.com:443"],
        ["https://*.example.com"],
        ["https://me@example.com"],
        ["crm.example.com"],
        ["*", "https://a.b"],
    ],
)
def test_rejects_what_is_no_list_of_origins(origins: Any) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^allow_origins: expected .*, got "):
        new_api(stack, allow_origins=origins)
    assert stack.node.try_find_child("ContactUpdates") is None


# Authorizers and keys


def authorizer_function(stack: Stack) -> lambda_.IFunction:
    return lambda_.Function(
        stack,
        "AuthorizerFunction",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )


def token_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.TokenAuthorizer(stack, "Authorizer", handler=authorizer_function(stack))


def request_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.RequestAuthorizer(
        stack,
        "Authorizer",
        handler=authorizer_function(stack),
        identity_sources=[apigateway.IdentitySource.header("X-Session")],
    )


def cognito_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.CognitoUserPoolsAuthorizer(
        stack, "Authorizer", cognito_user_pools=[cognito.UserPool(stack, "Callers")]
    )


@pytest.mark.parametrize(
    ("new_authorizer", "authorizer_type", "authorization_type"),
    [
        (token_authorizer, "TOKEN", "CUSTOM"),
        (request_authorizer, "REQUEST", "CUSTOM"),
        (cognito_authorizer, "COGNITO_USER_POOLS", "COGNITO_USER_POOLS"),
    ],
)
def test_authorizer_decides_instead_of_iam(
    new_authorizer: Callable[[Stack], apigateway.IAuthorizer], authorizer_type: str, authorization_type: str
) -> None:
    # Given
    stack = new_stack()
    api = new_api(stack, authorizer=new_authorizer(stack), allow_origins=["https://crm.example.com"])
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))

    # When, Then: a grant would have no effect
    for grant in (api.grant_update_contact_attributes, api.grant_update_contact, api.grant_updates):
        with pytest.raises(ValueError, match=r"^expected an API with IAM authorization, got one with an authorizer"):
            grant(role)

    # Then
    template = Template.from_stack(stack)
    authorizer = logical_id(template, "AWS::ApiGateway::Authorizer", {"Type": authorizer_type})
    for method in methods(template).values():
        assert method["AuthorizationType"] == authorization_type
        assert method["AuthorizerId"] == {"Ref": authorizer}
    # Browsers send no credentials with a preflight.
    assert {method["AuthorizationType"] for method in methods(template, "OPTIONS").values()} == {"NONE"}


def test_api_key_is_demanded_beside_the_signature() -> None:
    # Given
    stack = new_stack()
    api = new_api(stack, api_key_required=True)

    # Then the key and the plan are reachable, and further keys can be added.
    assert api.api_key is not None
    assert api.usage_plan is not None
    api.usage_plan.add_api_key(apigateway.ApiKey.from_api_key_id(stack, "Second", "second"))
    template = Template.from_stack(stack)
    for method in methods(template).values():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("AWS_IAM", True)
    key = {"Ref": logical_id(template, "AWS::ApiGateway::ApiKey")}
    plan = {"Ref": logical_id(template, "AWS::ApiGateway::UsagePlan")}
    stage = {"Ref": logical_id(template, "AWS::ApiGateway::Stage")}
    assert stack.resolve(api.api_key.key_id) == key
    assert stack.resolve(api.usage_plan.usage_plan_id) == plan
    (plan_stage,) = only(template, "AWS::ApiGateway::UsagePlan")["ApiStages"]
    assert plan_stage["Stage"] == stage
    assert [
        (link["Properties"]["KeyId"], link["Properties"]["UsagePlanId"])
        for link in resources(template, "AWS::ApiGateway::UsagePlanKey").values()
    ] == [(key, plan), ("second", plan)]


def test_without_api_key_there_is_no_plan(stack: Stack, template: Template) -> None:
    api = stack.node.find_child("ContactUpdates")

    assert isinstance(api, ContactUpdateApi)
    assert (api.api_key, api.usage_plan) == (None, None)
    assert template.find_resources("AWS::ApiGateway::UsagePlan") == {}
    assert template.find_resources("AWS::ApiGateway::ApiKey") == {}


# Grants


@pytest.mark.parametrize(
    ("grant", "paths"),
    [
        (ContactUpdateApi.grant_update_contact_attributes, ["/POST/contact/attributes"]),
        (ContactUpdateApi.grant_update_contact, ["/POST/contacts/*/*"]),
        (ContactUpdateApi.grant_updates, ["/POST/contact/attributes", "/POST/contacts/*/*"]),
    ],
)
def test_grant_allows_to_invoke_exactly_its_methods(
    grant: Callable[[ContactUpdateApi, iam.IGrantable], iam.Grant], paths: list[str]
) -> None:
    # Given
    stack = new_stack(region="eu-west-2")
    api = new_api(stack)
    user = iam.User(stack, "User")

    # When
    assert grant(api, user).success

    # Then
    template = Template.from_stack(stack)
    partition, rest_api, stage = (
        {"Ref": "AWS::Partition"},
        {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
        {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
    )
    arns = [
        {"Fn::Join": ["", ["arn:", partition, ":execute-api:eu-west-2:111122223333:", rest_api, "/", stage, path]]}
        for path in paths
    ]
    user_id = logical_id(template, "AWS::IAM::User")
    policy = only(template, "AWS::IAM::Policy", {"Users": [{"Ref": user_id}]})
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arns if len(arns) > 1 else arns[0]}
    ]


def test_invoke_arn_pattern_covers_both_methods() -> None:
    stack = new_stack(region="eu-west-2")
    api = new_api(stack)

    template = Template.from_stack(stack)
    assert stack.resolve(api.invoke_arn_pattern) == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":execute-api:eu-west-2:111122223333:",
                {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
                "/",
                {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
                "/POST/*",
            ],
        ]
    }


def test_endpoint_url_ends_without_a_slash() -> None:
    stack = new_stack(region="eu-west-2")
    api = new_api(stack)

    template = Template.from_stack(stack)
    assert stack.resolve(api.endpoint_url) == {
        "Fn::Join": [
            "",
            [
                "https://",
                {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
                ".execute-api.eu-west-2.",
                {"Ref": "AWS::URLSuffix"},
                "/",
                {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
            ],
        ]
    }


# What it takes


@pytest.mark.parametrize(("given", "got"), [((), "neither"), (("instance", "queue"), "both")])
def test_takes_exactly_one_of_instance_and_queue(given: tuple[str, ...], got: str) -> None:
    stack = new_stack()
    arguments: dict[str, Any] = dict.fromkeys(given, new_instance(stack))

    with pytest.raises(ValueError, match=f"^expected exactly one of instance= and queue=, got {got}$"):
        ContactUpdateApi(stack, "ContactUpdates", **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None


def test_rejects_an_instance_that_is_only_its_arn() -> None:
    stack = new_stack()
    arn: Any = INSTANCE_ARN

    with pytest.raises(ValueError, match=f"^instance: expected a ConnectInstance, got '{INSTANCE_ARN}'$"):
        ContactUpdateApi(stack, "ContactUpdates", instance=arn)


def test_function_options_and_allowed_attributes_reach_the_function() -> None:
    template = template_with(
        allowed_attributes=["tier"],
        function_options=ContactUpdateFunctionOptions(memory_size=1024, timeout=Duration.seconds(20)),
    )

    function = only(template, "AWS::Lambda::Function")
    assert (function["MemorySize"], function["Timeout"]) == (1024, 20)
    assert function["Environment"]["Variables"]["ALLOWED_ATTRIBUTES"] == "tier"


# What it leaves to others


def test_stack_has_no_outputs_but_its_authors(template: Template) -> None:
    assert template.find_outputs("*") == {}


def physical_names(template: Template) -> dict[str, str]:
    """Names that AWS wants to be unique, by the path of the property."""
    names = ("FunctionName", "LogGroupName", "ManagedPolicyName", "RoleName", "UserName", "KeyName")
    return {
        f"{logical_id}.{name}": resource["Properties"][name]
        for logical_id, resource in template.to_json()["Resources"].items()
        if resource["Type"] != "AWS::Lambda::Permission"
        for name in names
        if name in resource.get("Properties", {})
    }


def test_two_copies_fit_into_one_stack() -> None:
    stack = new_stack()
    apis = [new_api(stack, "First"), new_api(stack, "Second")]

    template = Template.from_stack(stack)
    assert len(resources(template, "AWS::ApiGateway::RestApi")) == 2
    assert physical_names(template) == {}
    dimensions = [str(stack.resolve(api.metric_requests().dimensions)) for api in apis]
    assert len(set(dimensions)) == 2


def test_two_stacks_fit_beside_each_other() -> None:
    app = App()
    stacks = [Stack(app, "First"), Stack(app, "Second")]
    apis = [new_api(stack, api_key_required=True, cloud_watch_role=True) for stack in stacks]

    for stack in stacks:
        assert physical_names(Template.from_stack(stack)) == {}
    # API Gateway takes any number of APIs of one name, but metrics are by name.
    names = [only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Name"] for stack in stacks]
    assert names == [api.rest_api.rest_api_name for api in apis]
    assert len(set(names)) == 2


def test_construct_paths_are_as_they_were(stack: Stack) -> None:
    # Logical ids come from paths, and a resource whose logical id changes is replaced: the endpoint's URL would change.
    api = stack.node.find_child("ContactUpdates")
    prefix = f"{api.node.path}/"
    paths = {
        construct.node.path.removeprefix(prefix).removesuffix("/Resource")
        for construct in api.node.find_all()
        if construct.node.id == "Resource"
    }
    responses = {path for path in paths if path.startswith("RestApi/") and path.count("/") == 1} - {
        "RestApi/BodyValidator",
        "RestApi/Deployment",
        "RestApi/DeploymentStage.prod",
        "RestApi/UpdateContact",
        "RestApi/UpdateContactAttributes",
    }

    assert len(responses) == 21
    assert paths - responses == {
        "AccessLog",
        "Function/Function",
        "Function/LogGroup",
        "Function/Role",
        "Function/Role/DefaultPolicy",
        "RestApi",
        "RestApi/BodyValidator",
        "RestApi/Default/contact",
        "RestApi/Default/contact/attributes",
        "RestApi/Default/contact/attributes/POST",
        "RestApi/Default/contacts",
        "RestApi/Default/contacts/{InstanceId}",
        "RestApi/Default/contacts/{InstanceId}/{ContactId}",
        "RestApi/Default/contacts/{InstanceId}/{ContactId}/POST",
        "RestApi/Deployment",
        "RestApi/DeploymentStage.prod",
        "RestApi/UpdateContact",
        "RestApi/UpdateContactAttributes",
    }


# Metrics


@pytest.mark.parametrize(
    ("method", "name", "statistic"),
    [
        (ContactUpdateApi.metric_requests, "Count", "SampleCount"),
        (ContactUpdateApi.metric_client_errors, "4XXError", "Sum"),
        (ContactUpdateApi.metric_server_errors, "5XXError", "Sum"),
        (ContactUpdateApi.metric_latency, "Latency", "Average"),
    ],
)
def test_metric_is_the_apis(stack: Stack, template: Template, method: Any, name: str, statistic: str) -> None:
    api = stack.node.find_child("ContactUpdates")

    metric: cloudwatch.Metric = method(api)
    tuned: cloudwatch.Metric = method(api, period=Duration.minutes(1), statistic="p99")

    assert (metric.namespace, metric.metric_name) == ("AWS/ApiGateway", name)
    assert metric.dimensions == {"ApiName": only(template, "AWS::ApiGateway::RestApi")["Name"]}
    assert (metric.statistic, metric.period.to_seconds()) == (statistic, 300)
    assert (tuned.statistic, tuned.period.to_seconds()) == ("p99", 60)


@jsii.implements(apigateway.IAuthorizer)
class AuthorizerWithoutType:
    authorizer_id = "abc123"
    authorization_type = None


def test_rejects_an_authorizer_without_type() -> None:
    # CDK makes methods open to everybody of it.
    with pytest.raises(ValueError, match=r"^authorizer: expected one with an authorization_type"):
        new_api(new_stack(), authorizer=AuthorizerWithoutType())


def test_only_the_wanted_operation_is_offered_and_allowed() -> None:
    stack = new_stack()
    api = new_api(stack, operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES])
    role = iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal())

    api.grant_updates(role)
    with pytest.raises(ValueError, match=r"^expected an operation that the endpoint offers, got UpdateContact$"):
        api.grant_update_contact(role)

    template = Template.from_stack(stack)
    assert list(methods(template, "POST")) == ["/contact/attributes"]
    assert [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "connect:" in str(statement["Action"])
    ] == [{"Action": "connect:UpdateContactAttributes", "Effect": "Allow", "Resource": CONTACT_ARNS}]


@pytest.mark.parametrize("operations", [[], ["UpdateContact"]])
def test_rejects_what_is_no_operation(operations: Any) -> None:
    with pytest.raises(ValueError, match=r"^operations: expected one or more of "):
        new_api(new_stack(), operations=operations)
