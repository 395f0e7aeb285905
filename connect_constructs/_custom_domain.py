"""The REST API's custom domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_apigateway as apigateway

from connect_constructs._validation import check_is

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2


def check_domain_name(
    domain_name: apigateway.DomainNameOptions | None, vpc_endpoints: Sequence[ec2.IVpcEndpoint] | None
) -> None:
    """Check the options of a regional API's domain. Raises TypeError or ValueError."""
    if domain_name is None:
        return
    check_is("domain_name", domain_name, apigateway.DomainNameOptions)
    if vpc_endpoints is not None:
        # API Gateway Developer Guide, "Custom domain names for private APIs in API Gateway".
        raise ValueError(
            "domain_name: expected no vpc_endpoints= beside it: the domain of a private API is an "
            "AWS::ApiGateway::DomainNameV2 of your own, with a base path mapping to rest_api"
        )
    if domain_name.endpoint_type not in (None, apigateway.EndpointType.REGIONAL):
        raise ValueError(f"domain_name.endpoint_type: expected REGIONAL, got {domain_name.endpoint_type.name}")
    if domain_name.security_policy is apigateway.SecurityPolicy.TLS_1_0:
        raise ValueError("domain_name.security_policy: expected TLS 1.2 or later, got TLS_1_0")


def set_security_policy(rest_api: apigateway.RestApi) -> None:
    """Set the domain's security policy to TLS_1_2 if none was given: CDK would then leave it out of the template."""
    assert rest_api.domain_name is not None
    domain = rest_api.domain_name.node.default_child
    assert isinstance(domain, apigateway.CfnDomainName)
    if domain.security_policy is None:
        domain.security_policy = "TLS_1_2"
