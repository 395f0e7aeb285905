"""From where the API can be called: VPC endpoints, address ranges, and unsigned callers inside these bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Environment, Fn, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateApi, ContactUpdateOperation
from tests.constructs.contact_update_api.api_stacks import methods, new_api
from tests.constructs.stacks import logical_id, new_stack, only, resources

ENDPOINT_ID, OTHER_ENDPOINT_ID = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
CIDRS = ["203.0.113.0/24", "2001:db8::/32"]
ORIGINS = ["https://crm.example.com"]

DENIAL_ELSEWHERE = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "execute-api:Invoke",
    "Resource": "execute-api:/*",
    "Condition": {"StringNotEquals": {"aws:SourceVpce": [ENDPOINT_ID]}},
}
DENIAL_OF_ADDRESSES = {**DENIAL_ELSEWHERE, "Condition": {"NotIpAddress": {"aws:SourceIp": CIDRS}}}


def allowance(http_method: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "execute-api:Invoke",
        "Resource": [
            f"execute-api:/prod/{http_method}/contact/attributes",
            f"execute-api:/prod/{http_method}/contacts/*/*",
        ],
    }


def vpc_endpoint(stack: Stack, vpc_endpoint_id: str = ENDPOINT_ID) -> ec2.IInterfaceVpcEndpoint:
    return ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
        stack, vpc_endpoint_id, port=443, vpc_endpoint_id=vpc_endpoint_id
    )


def policy(template: Template) -> list[dict[str, Any]]:
    """The statements of the API's resource policy."""
    statements: list[dict[str, Any]] = only(template, "AWS::ApiGateway::RestApi")["Policy"]["Statement"]
    return statements


def lambda_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    function = lambda_.Function(
        stack,
        "AuthorizerFunction",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    return apigateway.TokenAuthorizer(stack, "Authorizer", handler=function)


def cognito_authorizer(stack: Stack) -> apigateway.IAuthorizer:
    return apigateway.CognitoUserPoolsAuthorizer(
        stack, "Authorizer", cognito_user_pools=[cognito.UserPool(stack, "Callers")]
    )


def no_authorizer(_: Stack) -> None:
    return None


def test_vpc_endpoints_make_the_api_private() -> None:
    stack = new_stack()
    new_api(stack, vpc_endpoints=[vpc_endpoint(stack), vpc_endpoint(stack, OTHER_ENDPOINT_ID)])

    template = Template.from_stack(stack)
    ids = [ENDPOINT_ID, OTHER_ENDPOINT_ID]
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {
        "Types": ["PRIVATE"],
        "VpcEndpointIds": ids,
    }
    # With IAM there is no Allow: it would let in every principal of the account.
    assert policy(template) == [{**DENIAL_ELSEWHERE, "Condition": {"StringNotEquals": {"aws:SourceVpce": ids}}}]
    assert {method["AuthorizationType"] for method in methods(template).values()} == {"AWS_IAM"}


def test_allowed_cidrs_bound_a_regional_api() -> None:
    stack = new_stack()
    new_api(stack, allowed_cidrs=CIDRS)

    template = Template.from_stack(stack)
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert policy(template) == [DENIAL_OF_ADDRESSES]
    assert {method["AuthorizationType"] for method in methods(template).values()} == {"AWS_IAM"}


def test_api_without_bounds_has_no_policy(template: Template) -> None:
    rest_api = only(template, "AWS::ApiGateway::RestApi")

    assert "Policy" not in rest_api
    assert rest_api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


@pytest.mark.parametrize(
    ("new_authorizer", "allowances"),
    [
        (no_authorizer, []),
        # API Gateway takes a Lambda authorizer's policy and the API's together.
        (lambda_authorizer, []),
        # Its token is checked first, and then the resource policy must allow.
        (cognito_authorizer, [allowance("POST")]),
    ],
)
@pytest.mark.parametrize("origins", [None, ORIGINS], ids=["no CORS", "CORS"])
def test_only_what_a_policy_must_allow_is_allowed(
    new_authorizer: Callable[[Stack], apigateway.IAuthorizer | None],
    allowances: list[dict[str, Any]],
    origins: list[str] | None,
) -> None:
    preflights = [allowance("OPTIONS")] if origins else []
    private, regional = new_stack(), new_stack()
    new_api(private, vpc_endpoints=[vpc_endpoint(private)], authorizer=new_authorizer(private), allow_origins=origins)
    new_api(regional, allowed_cidrs=CIDRS, authorizer=new_authorizer(regional), allow_origins=origins)

    assert policy(Template.from_stack(private)) == [DENIAL_ELSEWHERE, *preflights, *allowances]
    assert policy(Template.from_stack(regional)) == [DENIAL_OF_ADDRESSES, *preflights, *allowances]


def test_unsigned_callers_may_call_both_methods_through_the_endpoints() -> None:
    stack = new_stack()
    new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], unsigned_callers=True, allow_origins=ORIGINS)

    template = Template.from_stack(stack)
    assert {method["AuthorizationType"] for method in methods(template).values()} == {"NONE"}
    assert policy(template) == [DENIAL_ELSEWHERE, allowance("OPTIONS"), allowance("POST")]


def test_unsigned_callers_may_call_offered_operations_only() -> None:
    stack = new_stack()
    new_api(
        stack,
        vpc_endpoints=[vpc_endpoint(stack)],
        unsigned_callers=True,
        operations=[ContactUpdateOperation.UPDATE_CONTACT],
    )

    assert policy(Template.from_stack(stack)) == [
        DENIAL_ELSEWHERE,
        {**allowance("POST"), "Resource": "execute-api:/prod/POST/contacts/*/*"},
    ]


@pytest.mark.parametrize(("origins", "expected"), [(None, "none"), ([], "none"), (ORIGINS, ORIGINS[0])])
def test_pages_are_no_unsigned_callers_unless_their_origin_is_allowed(origins: list[str] | None, expected: str) -> None:
    stack = new_stack()
    new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], unsigned_callers=True, allow_origins=origins)

    function = only(Template.from_stack(stack), "AWS::Lambda::Function")
    # No page's origin is "none".
    assert function["Environment"]["Variables"]["ALLOW_ORIGINS"] == expected


def test_unsigned_callers_may_be_asked_for_an_api_key() -> None:
    stack = new_stack()
    new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], unsigned_callers=True, api_key_required=True)

    for method in methods(Template.from_stack(stack)).values():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", True)


def test_grants_stay_inside_the_bounds() -> None:
    stack = new_stack()
    api = new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], allow_origins=ORIGINS)
    user = iam.User(stack, "User")

    api.grant_update_contact(iam.AccountPrincipal("444455556666"))
    api.grant_updates(user)

    template = Template.from_stack(stack)
    account = {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::444455556666:root"]]}}
    assert policy(template) == [
        DENIAL_ELSEWHERE,
        allowance("OPTIONS"),
        {**allowance("POST"), "Principal": account, "Resource": "execute-api:/prod/POST/contacts/*/*"},
    ]
    assert (
        len(resources(template, "AWS::IAM::Policy", {"Users": [{"Ref": logical_id(template, "AWS::IAM::User")}]})) == 1
    )


def test_grant_to_unsigned_callers_has_no_effect_and_raises() -> None:
    stack = new_stack()
    api = new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], unsigned_callers=True)

    for grant in (api.grant_update_contact_attributes, api.grant_update_contact, api.grant_updates):
        with pytest.raises(ValueError, match=r"^expected an API with IAM authorization, got one with unsigned_callers"):
            grant(iam.User(stack, f"User{grant.__name__}"))


def test_change_of_the_bounds_alone_creates_a_new_deployment() -> None:
    # API Gateway only applies a changed resource policy with the next deployment.
    def deployment(**arguments: Any) -> str:
        stack = new_stack()
        ids = arguments.pop("vpc_endpoint_ids", [])
        if ids:
            arguments["vpc_endpoints"] = [vpc_endpoint(stack, id_) for id_ in ids]
        new_api(stack, **arguments)
        return logical_id(Template.from_stack(stack), "AWS::ApiGateway::Deployment")

    bounds: list[dict[str, Any]] = [
        {},
        {"allowed_cidrs": CIDRS},
        {"allowed_cidrs": CIDRS[:1]},
        {"vpc_endpoint_ids": [ENDPOINT_ID]},
        {"vpc_endpoint_ids": [OTHER_ENDPOINT_ID]},
        {"vpc_endpoint_ids": [ENDPOINT_ID], "unsigned_callers": True},
    ]
    assert len({deployment(**arguments) for arguments in bounds}) == len(bounds)


def test_private_api_has_one_url_for_each_vpc_endpoint() -> None:
    stack = new_stack(region="eu-west-2")
    api = new_api(stack, vpc_endpoints=[vpc_endpoint(stack), vpc_endpoint(stack, OTHER_ENDPOINT_ID)])

    template = Template.from_stack(stack)
    api_id = {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")}
    stage = {"Ref": logical_id(template, "AWS::ApiGateway::Stage")}
    suffix = {"Ref": "AWS::URLSuffix"}
    assert stack.resolve(api.endpoint_urls) == [
        {"Fn::Join": ["", ["https://", api_id, f"-{id_}.execute-api.eu-west-2.", suffix, "/", stage]]}
        for id_ in (ENDPOINT_ID, OTHER_ENDPOINT_ID)
    ]
    assert stack.resolve(api.endpoint_url) == stack.resolve(api.endpoint_urls[0])


def test_regional_api_has_one_url(stack: Stack) -> None:
    api = stack.node.find_child("ContactUpdates")

    assert isinstance(api, ContactUpdateApi)
    assert [stack.resolve(url) for url in api.endpoint_urls] == [stack.resolve(api.endpoint_url)]


def test_vpc_endpoint_of_the_same_stack_is_referred_to() -> None:
    stack = new_stack()
    endpoint = ec2.InterfaceVpcEndpoint(
        stack,
        "ExecuteApi",
        vpc=ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0),
        service=ec2.InterfaceVpcEndpointAwsService.APIGATEWAY,
        subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    )
    new_api(stack, vpc_endpoints=[endpoint])

    template = Template.from_stack(stack)
    reference = {"Ref": logical_id(template, "AWS::EC2::VPCEndpoint")}
    assert policy(template)[0]["Condition"] == {"StringNotEquals": {"aws:SourceVpce": [reference]}}
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"]["VpcEndpointIds"] == [reference]


def test_address_ranges_may_be_tokens() -> None:
    ranges = Fn.split(",", Fn.import_value("Ranges"))
    whole, single = new_stack(), new_stack()
    new_api(whole, allowed_cidrs=ranges)
    new_api(single, allowed_cidrs=[Fn.import_value("Range"), CIDRS[0]])

    assert policy(Template.from_stack(whole))[0]["Condition"]["NotIpAddress"]["aws:SourceIp"] == {
        "Fn::Split": [",", {"Fn::ImportValue": "Ranges"}]
    }
    assert policy(Template.from_stack(single))[0]["Condition"]["NotIpAddress"]["aws:SourceIp"] == [
        {"Fn::ImportValue": "Range"},
        CIDRS[0],
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"vpc_endpoints": []}, ValueError, r"vpc_endpoints: expected at least one VPC endpoint, got none"),
        ({"vpc_endpoints": [ENDPOINT_ID]}, TypeError, r"vpc_endpoints: expected interface endpoints of execute-api"),
        ({"vpc_endpoints": ENDPOINT_ID}, TypeError, r"vpc_endpoints: expected a list of VPC endpoints, got 'vpce-"),
        ({"allowed_cidrs": []}, ValueError, r"allowed_cidrs: expected at least one address range, got none"),
        ({"allowed_cidrs": CIDRS[0]}, TypeError, r"allowed_cidrs: expected a list of address ranges"),
        (
            {"allowed_cidrs": [7]},
            TypeError,
            r"allowed_cidrs: expected an address range such as 203\.0\.113\.0/24, got 7",
        ),
        ({"allowed_cidrs": ["203.0.113.0/33"]}, ValueError, r"allowed_cidrs: expected an address range .*0/33"),
        (
            {"allowed_cidrs": ["203.0.113.1/24"]},
            ValueError,
            r"allowed_cidrs: expected an address range .*host bits set",
        ),
        # IAM knows the length of a prefix only, and would deny every caller.
        (
            {"allowed_cidrs": ["203.0.113.0/255.255.255.0"]},
            ValueError,
            r"allowed_cidrs: expected an address range such as 203\.0\.113\.0/24, got '203\.0\.113\.0/255",
        ),
        (
            {"allowed_cidrs": ["fe80::%eth0/64"]},
            ValueError,
            r"allowed_cidrs: expected an address range .*, got 'fe80::%eth0/64'",
        ),
        ({"allowed_cidrs": ["0.0.0.0/0"]}, ValueError, r"allowed_cidrs: expected a part of the IPv4 addresses"),
        ({"allowed_cidrs": ["128.0.0.0/1", "0.0.0.0/1"]}, ValueError, r"allowed_cidrs: .* IPv4 addresses, got all"),
        ({"allowed_cidrs": [CIDRS[0], "::/0"]}, ValueError, r"allowed_cidrs: expected a part of the IPv6 addresses"),
        ({"unsigned_callers": True}, ValueError, r"unsigned_callers: expected vpc_endpoints= beside it, got none"),
        (
            {"unsigned_callers": True, "allowed_cidrs": CIDRS},
            ValueError,
            r"unsigned_callers: expected vpc_endpoints= beside it, got none",
        ),
        ({"unsigned_callers": "false"}, TypeError, r"unsigned_callers: expected a bool, got 'false'"),
    ],
)
def test_rejects_what_bounds_nothing_or_is_wrong(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    stack = new_stack()

    with pytest.raises(error, match=f"^{message}"):
        new_api(stack, **arguments)
    assert stack.node.try_find_child("ContactUpdates") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"allowed_cidrs": CIDRS}, r"allowed_cidrs: expected no vpc_endpoints= beside it"),
        ({"unsigned_callers": True, "allow_origins": ["*"]}, r"allow_origins: expected single origins beside"),
    ],
)
def test_rejects_what_does_not_go_with_vpc_endpoints(arguments: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=f"^{message}"):
        new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], **arguments)


def test_origin_of_unsigned_callers_is_not_a_token_that_may_be_any_text() -> None:
    # It might be '*', or empty, so that the function would refuse no page.
    stack = new_stack()
    arguments: dict[str, Any] = {"vpc_endpoints": [vpc_endpoint(stack)], "unsigned_callers": True}

    with pytest.raises(ValueError, match=r"^allow_origins: expected origins whose scheme is known"):
        new_api(stack, allow_origins=[Fn.import_value("Origin")], **arguments)
    new_api(stack, "Known", allow_origins=[f"https://{Fn.import_value('Domain')}"], **arguments)


@pytest.mark.parametrize("new_authorizer", [lambda_authorizer, cognito_authorizer])
def test_rejects_an_authorizer_for_unsigned_callers(
    new_authorizer: Callable[[Stack], apigateway.IAuthorizer],
) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^unsigned_callers: expected no authorizer= beside it"):
        new_api(stack, vpc_endpoints=[vpc_endpoint(stack)], unsigned_callers=True, authorizer=new_authorizer(stack))


def test_rejects_a_gateway_endpoint() -> None:
    stack = new_stack()
    gateway = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0).add_gateway_endpoint(
        "S3", service=ec2.GatewayVpcEndpointAwsService.S3
    )

    with pytest.raises(TypeError, match=r"^vpc_endpoints: expected interface endpoints of execute-api"):
        new_api(stack, vpc_endpoints=[gateway])


def test_rejects_a_vpc_endpoint_that_is_given_twice() -> None:
    # CloudFormation refuses it when it deploys.
    stack = new_stack()
    endpoint = vpc_endpoint(stack)

    with pytest.raises(ValueError, match=r"^vpc_endpoints: expected each VPC endpoint once, got 2 of Stack/vpce-"):
        new_api(stack, vpc_endpoints=[endpoint, endpoint])


def test_rejects_a_vpc_endpoint_in_another_region() -> None:
    app = App()
    elsewhere = Stack(app, "Elsewhere", env=Environment(account="111122223333", region="eu-west-1"))
    stack = Stack(app, "Stack", env=Environment(account="111122223333", region="us-east-1"))

    with pytest.raises(
        ValueError, match=r"^vpc_endpoints: expected one in the stack's Region us-east-1, got one in eu"
    ):
        new_api(stack, vpc_endpoints=[vpc_endpoint(elsewhere)])
