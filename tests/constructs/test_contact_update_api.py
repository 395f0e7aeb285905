from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import jsii
import pytest
from aws_cdk import App, CfnParameter, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template
from botocore.session import get_session

from connect_constructs import ContactUpdateApi, ContactUpdateFunctionOptions, ContactUpdateOperation
from tests.constructs.stacks import (
    CONTACT_ARNS,
    INSTANCE_ARN,
    logical_id,
    new_instance,
    new_stack,
    only,
    resources,
    warnings,
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


def test_function_answers_every_wrong_body(template: Template) -> None:
    # API Gateway's own 400 would carry an x-amzn-ErrorType of its own, which SDKs do not know.
    assert template.find_resources("AWS::ApiGateway::RequestValidator") == {}
    assert template.find_resources("AWS::ApiGateway::Model") == {}
    for method in methods(template).values():
        assert not {"RequestModels", "RequestParameters", "RequestValidatorId"} & method.keys()


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


# The API and its stage


def test_api_is_regional_and_leaves_the_account_as_it_is(template: Template) -> None:
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert template.find_resources("AWS::ApiGateway::Account") == {}
    assert len(resources(template, "AWS::IAM::Role")) == 1


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("throttling_rate_limit", "10"),
        ("throttling_rate_limit", True),
        ("throttling_burst_limit", "15"),
        ("throttling_burst_limit", 15.0),
    ],
)
def test_rejects_throttle_that_is_no_number(name: str, value: Any) -> None:
    arguments: dict[str, Any] = {name: value}

    with pytest.raises(TypeError, match=f"^{name}: expected .*, got {value!r}$"):
        template_with(**arguments)


def test_throttle_may_be_a_token() -> None:
    stack = new_stack()
    rate = CfnParameter(stack, "Rate", type="Number").value_as_number
    new_api(stack, throttling_rate_limit=rate)

    (settings,) = only(Template.from_stack(stack), "AWS::ApiGateway::Stage")["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "Rate"}


# The access log


@pytest.fixture(scope="module")
def logging_stack() -> Stack:
    stack = new_stack()
    new_api(stack, access_log=True)
    return stack


@pytest.fixture(scope="module")
def logging(logging_stack: Stack) -> Template:
    return Template.from_stack(logging_stack)


def test_stage_writes_no_access_log_unless_asked_for(stack: Stack, template: Template) -> None:
    # API Gateway refuses a stage with an access log in an account without a CloudWatch role.
    api = stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    assert api.access_log_group is None
    assert "AccessLogSetting" not in only(template, "AWS::ApiGateway::Stage")
    assert len(resources(template, "AWS::Logs::LogGroup")) == 1


def test_access_log_is_a_line_of_json(logging: Template) -> None:
    setting = only(logging, "AWS::ApiGateway::Stage")["AccessLogSetting"]
    line = re.sub(r"\$context(\.\w+)+", "value", setting["Format"])

    fields = json.loads(line)
    assert "$" not in line
    assert {"requestId", "status", "responseLatency", "resourcePath"} <= set(fields)
    # Whoever calls is named, by whichever of these is known.
    assert {"sourceIp", "userArn", "cognitoIdentityId", "apiKeyId", "authorizerPrincipalId"} <= set(fields)
    assert set(fields.values()) == {"value"}


def test_access_log_holds_nothing_that_callers_write(logging: Template) -> None:
    variables = re.findall(
        r"\$context(?:\.\w+)+", only(logging, "AWS::ApiGateway::Stage")["AccessLogSetting"]["Format"]
    )

    assert variables
    # The path holds ids, the validation string and the error message quote values, and the rest is bodies and headers.
    for forbidden in ("$context.path", "validationErrorString", "error.message", "requestOverride", "responseOverride"):
        assert not [variable for variable in variables if forbidden in variable]


def test_access_log_goes_to_a_log_group_of_its_own_which_is_retained(logging_stack: Stack, logging: Template) -> None:
    groups = resources(logging, "AWS::Logs::LogGroup")
    function_group = only(logging, "AWS::Lambda::Function")["LoggingConfig"]["LogGroup"]["Ref"]
    destination = only(logging, "AWS::ApiGateway::Stage")["AccessLogSetting"]["DestinationArn"]
    (access_log,) = groups.keys() - {function_group}

    assert destination == {"Fn::GetAtt": [access_log, "Arn"]}
    assert groups[access_log] == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"RetentionInDays": 90},
        "UpdateReplacePolicy": "Retain",
        "DeletionPolicy": "Retain",
    }
    api = logging_stack.node.find_child("ContactUpdates")
    assert isinstance(api, ContactUpdateApi)
    assert api.access_log_group is not None
    assert logging_stack.resolve(api.access_log_group.log_group_arn) == destination


def test_access_log_retention_can_be_chosen() -> None:
    template = template_with(access_log=True, access_log_retention=logs.RetentionDays.ONE_YEAR)

    retentions = {
        group["Properties"]["RetentionInDays"] for group in resources(template, "AWS::Logs::LogGroup").values()
    }
    assert retentions == {90, 365}


def test_access_log_can_be_removed_with_the_stack() -> None:
    stack = new_stack()
    api = new_api(stack, access_log=True, access_log_removal_policy=RemovalPolicy.DESTROY)

    groups = resources(Template.from_stack(stack), "AWS::Logs::LogGroup")
    assert api.access_log_group is not None
    access_log = stack.resolve(api.access_log_group.log_group_name)["Ref"]
    policies = {name: (group["DeletionPolicy"], group["UpdateReplacePolicy"]) for name, group in groups.items()}
    # The function's own log group has an option of its own.
    assert policies.pop(access_log) == ("Delete", "Delete")
    assert list(policies.values()) == [("Retain", "Retain")]


@pytest.mark.parametrize("of_function", [True, False])
def test_access_log_and_function_have_keys_of_their_own(of_function: bool) -> None:
    # Given
    stack = new_stack(region="eu-west-2")
    key = kms.Key(stack, "Key")

    # When
    api = new_api(
        stack,
        access_log=True,
        access_log_encryption_key=None if of_function else key,
        function_options=ContactUpdateFunctionOptions(encryption_key=key if of_function else None),
    )

    # Then
    template = Template.from_stack(stack)
    group = api.function.log_group if of_function else api.access_log_group
    assert group is not None
    encrypted = {
        name
        for name, resource in resources(template, "AWS::Logs::LogGroup").items()
        if "KmsKeyId" in resource["Properties"]
    }
    assert encrypted == {stack.resolve(group.log_group_name)["Ref"]}
    _administration, for_logs = only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert for_logs["Principal"] == {"Service": "logs.eu-west-2.amazonaws.com"}
    assert ("KmsKeyArn" in only(template, "AWS::Lambda::Function")) == of_function


def test_imported_key_of_the_access_log_is_a_warning() -> None:
    stack = new_stack(region="us-east-1")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/1")
    new_api(stack, access_log=True, access_log_encryption_key=key)

    (warning,) = warnings(stack)
    assert '"Service":"logs.us-east-1.amazonaws.com"' in warning


ACCESS_LOG_OPTIONS = {
    "access_log_retention": logs.RetentionDays.ONE_YEAR,
    "access_log_removal_policy": RemovalPolicy.DESTROY,
}


@pytest.mark.parametrize("argument", ACCESS_LOG_OPTIONS)
def test_rejects_an_option_of_an_access_log_without_one(argument: str) -> None:
    arguments: dict[str, Any] = {argument: ACCESS_LOG_OPTIONS[argument]}

    with pytest.raises(ValueError, match=f"^{argument}: expected access_log=True beside it, got none$"):
        new_api(new_stack(), **arguments)


def test_rejects_a_key_of_an_access_log_without_one() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^access_log_encryption_key: expected access_log=True beside it, got none$"):
        new_api(stack, access_log_encryption_key=kms.Key(stack, "Key"))


@pytest.mark.parametrize(
    ("argument", "value", "error", "message"),
    [
        ("access_log_retention", 30, TypeError, "expected a RetentionDays, got 30"),
        ("access_log_removal_policy", "destroy", TypeError, "expected a RemovalPolicy, got 'destroy'"),
        ("access_log_removal_policy", RemovalPolicy.SNAPSHOT, ValueError, "expected another removal policy, got .*"),
        ("access_log_encryption_key", "key", TypeError, "expected a KMS key, got 'key'"),
    ],
)
def test_rejects_a_wrong_option_of_the_access_log(
    argument: str, value: Any, error: type[Exception], message: str
) -> None:
    stack = new_stack()
    arguments: dict[str, Any] = {argument: value}

    with pytest.raises(error, match=f"^{argument}: {message}$"):
        new_api(stack, access_log=True, **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None


@pytest.mark.parametrize("argument", ["access_log", "api_key_required"])
def test_rejects_a_flag_that_is_a_text(argument: str) -> None:
    # "false" would switch it on.
    arguments: dict[str, Any] = {argument: "false"}

    with pytest.raises(TypeError, match=f"^{argument}: expected a bool, got 'false'$"):
        new_api(new_stack(), **arguments)


# API Gateway's own answers


RETRY_AFTER = "gatewayresponse.header.Retry-After"

# API Gateway Developer Guide, "Gateway response types for API Gateway": those that this API can answer with, and that
# do not equal their default. The two defaults set no status: they stand for several.
STATUSES = {
    "ACCESS_DENIED": "403",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "INTEGRATION_FAILURE": "503",
    "INTEGRATION_TIMEOUT": "504",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "REQUEST_TOO_LARGE": "413",
    "THROTTLED": "429",
    "WAF_FILTERED": "403",
}
IAM_STATUSES = {"EXPIRED_TOKEN": "403", "INVALID_SIGNATURE": "403"}


def statuses(template: Template) -> dict[str, str | None]:
    return {name: response.get("StatusCode") for name, response in gateway_responses(template).items()}


def test_gateway_responses_are_those_that_the_api_can_answer_with(template: Template) -> None:
    model = get_session().get_service_model("apigateway")

    assert statuses(template) == {**STATUSES, **IAM_STATUSES}
    assert statuses(template).keys() <= set(model.shape_for("GatewayResponseType").enum)


def test_gateway_responses_of_an_api_key_come_with_it() -> None:
    template = template_with(api_key_required=True)

    assert statuses(template) == {**STATUSES, **IAM_STATUSES, "INVALID_API_KEY": "403", "QUOTA_EXCEEDED": "429"}


def test_gateway_responses_of_an_authorizer_come_with_it() -> None:
    stack = new_stack()
    pool = cognito.UserPool(stack, "Pool")
    new_api(stack, authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "Authorizer", cognito_user_pools=[pool]))

    assert statuses(Template.from_stack(stack)) == {**STATUSES, "UNAUTHORIZED": "401"}


def test_gateway_responses_have_amazon_connects_form_but_for_the_header(template: Template) -> None:
    for response_type, response in gateway_responses(template).items():
        (media_type, body_text), *others = response["ResponseTemplates"].items()
        body = json.loads(body_text)

        assert (media_type, others) == ("application/json", []), response_type
        assert set(body) == {"__type", "message", "Message"}, response_type
        assert body["message"] == body["Message"], response_type
        # API Gateway sends its own x-amzn-ErrorType beside a custom one, and botocore joins the two.
        assert response.get("ResponseParameters", {}).keys() <= {RETRY_AFTER}


def test_gateway_responses_are_fixed_texts(template: Template) -> None:
    assert "$" not in json.dumps(gateway_responses(template))


def test_gateway_responses_say_when_to_try_again_where_waiting_helps() -> None:
    template = template_with(api_key_required=True)

    with_header = {
        name: response["ResponseParameters"][RETRY_AFTER]
        for name, response in gateway_responses(template).items()
        if RETRY_AFTER in response.get("ResponseParameters", {})
    }
    assert with_header == {"INTEGRATION_FAILURE": "'1'", "QUOTA_EXCEEDED": "'1'", "THROTTLED": "'1'"}


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
        # The template of the preflight chooses; a gateway response cannot, and would find the caller's origin only
        # where the header's name is spelled as in its mapping.
        (["https://crm.example.com", "https://desk.example.com"], "'https://crm.example.com'", "'*'"),
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

    # In the function's answers
    environment = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert environment["ALLOW_ORIGINS"] == ",".join(origins)


@pytest.mark.parametrize(
    ("origins", "error"),
    [
        ("https://crm.example.com", TypeError),
        ({"https://crm.example.com"}, TypeError),
        (["https://crm.example.com/"], ValueError),
        (["https://CRM.example.com"], ValueError),
        (["https://crm.example.com:443"], ValueError),
        (["https://*.example.com"], ValueError),
        (["https://me@example.com"], ValueError),
        (["crm.example.com"], ValueError),
        (["*", "https://a.b"], ValueError),
    ],
)
def test_rejects_what_is_no_list_of_origins(origins: Any, error: type[Exception]) -> None:
    stack = new_stack()

    with pytest.raises(error, match=r"^allow_origins: expected .*, got "):
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

    with pytest.raises(TypeError, match=f"^instance: expected a ConnectInstance, got '{INSTANCE_ARN}'$"):
        ContactUpdateApi(stack, "ContactUpdates", instance=arn)


def test_wrong_function_options_leave_nothing_half_made() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^function_options.timeout: expected 12 to 29 .*, got 30 seconds$"):
        new_api(stack, function_options=ContactUpdateFunctionOptions(timeout=Duration.seconds(30)))
    assert stack.node.try_find_child("ContactUpdates") is None


def test_function_is_cdks_own(stack: Stack, template: Template) -> None:
    api = stack.node.find_child("ContactUpdates")

    assert isinstance(api, ContactUpdateApi)
    assert isinstance(api.function, lambda_.Function)
    assert stack.resolve(api.function.function_name) == {"Ref": logical_id(template, "AWS::Lambda::Function")}


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
    dimensions = [str(stack.resolve(api.rest_api.metric_count().dimensions)) for api in apis]
    assert len(set(dimensions)) == 2


def test_two_stacks_fit_beside_each_other() -> None:
    app = App()
    stacks = [Stack(app, "First"), Stack(app, "Second")]
    apis = [new_api(stack, api_key_required=True, access_log=True) for stack in stacks]

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


@jsii.implements(apigateway.IAuthorizer)
class AuthorizerWithoutType:
    authorizer_id = "abc123"
    authorization_type = None


def test_rejects_an_authorizer_without_type() -> None:
    # CDK makes methods open to everybody of it.
    with pytest.raises(ValueError, match=r"^authorizer: expected one with an authorization_type"):
        new_api(new_stack(), authorizer=AuthorizerWithoutType())


def test_rejects_what_is_no_authorizer() -> None:
    with pytest.raises(TypeError, match=r"^authorizer: expected an authorizer of Amazon API Gateway, got 'x'$"):
        new_api(new_stack(), authorizer="x")


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


@pytest.mark.parametrize(("operations", "error"), [([], ValueError), (["UpdateContact"], TypeError)])
def test_rejects_what_is_no_operation(operations: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^operations: expected one or more of "):
        new_api(new_stack(), operations=operations)
