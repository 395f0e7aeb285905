"""A domain of the user's own in front of the API."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import CfnParameter, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from tests.constructs.contact_update_api.api_stacks import gateway_responses, methods, new_api
from tests.constructs.contact_update_api.test_network_bounds import vpc_endpoint
from tests.constructs.stacks import logical_id, new_stack, only, statements

DOMAIN = "updates.example.com"
CERTIFICATE_ARN = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"


def domain(stack: Stack, **options: Any) -> apigateway.DomainNameOptions:
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", CERTIFICATE_ARN)
    return apigateway.DomainNameOptions(**{"domain_name": DOMAIN, "certificate": certificate, **options})


def test_domain_leads_to_the_stage_and_the_default_endpoint_is_disabled() -> None:
    stack = new_stack()

    api = new_api(stack, domain_name=domain(stack))

    template = Template.from_stack(stack)
    assert only(template, "AWS::ApiGateway::DomainName") == {
        "DomainName": DOMAIN,
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "RegionalCertificateArn": CERTIFICATE_ARN,
        "SecurityPolicy": "TLS_1_2",
    }
    assert only(template, "AWS::ApiGateway::BasePathMapping") == {
        "DomainName": {"Ref": logical_id(template, "AWS::ApiGateway::DomainName")},
        "RestApiId": {"Ref": logical_id(template, "AWS::ApiGateway::RestApi")},
        "Stage": {"Ref": logical_id(template, "AWS::ApiGateway::Stage")},
    }
    rest_api = only(template, "AWS::ApiGateway::RestApi")
    assert rest_api["DisableExecuteApiEndpoint"] is True
    assert rest_api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api.endpoint_urls == [api.endpoint_url] == [f"https://{DOMAIN}"]


@pytest.mark.parametrize(
    ("base_path", "type_", "name"),
    [
        ("crm", "AWS::ApiGateway::BasePathMapping", "BasePath"),
        ("a/b", "AWS::ApiGatewayV2::ApiMapping", "ApiMappingKey"),
    ],
)
def test_base_path_is_a_part_of_the_url(base_path: str, type_: str, name: str) -> None:
    stack = new_stack()

    api = new_api(stack, domain_name=domain(stack, base_path=base_path))

    assert api.endpoint_url == f"https://{DOMAIN}/{base_path}"
    mapping = only(Template.from_stack(stack), type_)
    assert mapping[name] == base_path
    assert "Stage" in mapping


def test_api_is_otherwise_as_without_a_domain() -> None:
    def template(*, has_domain: bool) -> Template:
        stack = new_stack()
        domain_name = domain(stack) if has_domain else None
        role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        api = new_api(stack, allow_origins=["https://crm.example.com"], domain_name=domain_name)
        api.grant_updates(role)
        api.grant_updates(iam.AccountPrincipal("444455556666"))
        return Template.from_stack(stack)

    without, with_domain = template(has_domain=False), template(has_domain=True)

    for found in (methods, gateway_responses, statements):
        assert found(with_domain) == found(without)
    assert methods(with_domain, "OPTIONS") == methods(without, "OPTIONS")
    policies = [only(one, "AWS::ApiGateway::RestApi")["Policy"] for one in (with_domain, without)]
    assert policies[0] == policies[1]


@pytest.mark.skipif(
    not hasattr(apigateway, "EndpointAccessMode"), reason="these options are missing (a newer aws-cdk-lib)"
)
def test_options_of_the_domain_reach_it() -> None:
    stack = new_stack()

    new_api(
        stack,
        domain_name=domain(
            stack,
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS13_1_3_2025_09,
            endpoint_access_mode=apigateway.EndpointAccessMode.STRICT,
        ),
    )

    found = only(Template.from_stack(stack), "AWS::ApiGateway::DomainName")
    assert found["SecurityPolicy"] == "SecurityPolicy_TLS13_1_3_2025_09"
    assert found["EndpointAccessMode"] == "STRICT"


def test_domain_may_be_a_token() -> None:
    stack = new_stack()
    parameter = CfnParameter(stack, "Domain")

    api = new_api(stack, domain_name=domain(stack, domain_name=parameter.value_as_string))

    assert stack.resolve(api.endpoint_url) == {"Fn::Join": ["", ["https://", {"Ref": "Domain"}]]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"endpoint_type": apigateway.EndpointType.EDGE},
            r"domain_name\.endpoint_type: expected REGIONAL, got EDGE",
        ),
        (
            {"security_policy": apigateway.SecurityPolicy.TLS_1_0},
            r"domain_name\.security_policy: expected TLS 1\.2 or later, got TLS_1_0",
        ),
    ],
)
def test_rejects_weaker_domains(options: dict[str, Any], message: str) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=f"^{message}$"):
        new_api(stack, domain_name=domain(stack, **options))
    assert stack.node.try_find_child("ContactUpdates") is None


def test_rejects_a_domain_of_a_private_api() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"^domain_name: expected no vpc_endpoints= beside it: .*DomainNameV2"):
        new_api(stack, domain_name=domain(stack), vpc_endpoints=[vpc_endpoint(stack)])


def test_rejects_a_domain_without_its_certificate() -> None:
    with pytest.raises(TypeError, match=rf"^domain_name: expected a DomainNameOptions, got '{DOMAIN}'$"):
        new_api(new_stack(), domain_name=DOMAIN)
