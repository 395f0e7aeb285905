"""The networks from which a REST API can be called: VPC endpoints, or address ranges.

Bounds are Deny statements. Within an account, an Allow by network would bound nothing: callers with a policy of their
own would be let in from everywhere, and all other principals of the account from that network (API Gateway Developer
Guide, "API Gateway authorization flow", table A).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import Stack, Token
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam

from connect_constructs._validation import check_has, check_in_region, check_is, check_list

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from aws_cdk import aws_ec2 as ec2


class NetworkBounds:
    """From where an API can be called. The arguments are those of ContactUpdateApi, and are checked."""

    def __init__(
        self,
        stack: Stack,
        *,
        vpc_endpoints: Sequence[ec2.IVpcEndpoint] | None,
        unsigned_callers: bool,
        allowed_cidrs: Sequence[str] | None,
        authorizer: apigateway.IAuthorizer | None,
        allow_origins: Sequence[str] | None,
    ) -> None:
        """Check the arguments. Raises TypeError or ValueError."""
        _check_vpc_endpoints(vpc_endpoints, stack)
        _check_cidrs(allowed_cidrs)
        check_is("unsigned_callers", unsigned_callers, bool)
        if vpc_endpoints is not None and allowed_cidrs is not None:
            raise ValueError(
                "allowed_cidrs: expected no vpc_endpoints= beside it: calls through VPC endpoints have no source "
                "address on the internet"
            )
        if unsigned_callers:
            _check_unsigned_callers(vpc_endpoints, authorizer, allow_origins)
        self.vpc_endpoints = list(vpc_endpoints or [])
        self._cidrs = allowed_cidrs

    @property
    def private_endpoint(self) -> apigateway.EndpointConfiguration | None:
        """The private endpoint with the VPC endpoints, or None for a regional API.

        A regional API needs no such struct, and does without: creating one takes tens of milliseconds.
        """
        if not self.vpc_endpoints:
            return None
        return apigateway.EndpointConfiguration(
            types=[apigateway.EndpointType.PRIVATE], vpc_endpoints=self.vpc_endpoints
        )

    def denial(self) -> iam.PolicyStatement | None:
        """The statement that denies all calls from elsewhere, or None if there are no bounds."""
        conditions: dict[str, dict[str, Sequence[str]]] = {}
        if self.vpc_endpoints:
            ids = [endpoint.vpc_endpoint_id for endpoint in self.vpc_endpoints]
            # Also true of calls that come through no VPC endpoint.
            conditions = {"StringNotEquals": {"aws:SourceVpce": ids}}
        elif self._cidrs is not None:
            conditions = {"NotIpAddress": {"aws:SourceIp": self._cidrs}}
        if not conditions:
            return None
        return iam.PolicyStatement(
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["execute-api:Invoke"],
            # All stages, methods and paths. The API's ARN would be a circular reference.
            resources=["execute-api:/*"],
            conditions=conditions,
        )


def _check_vpc_endpoints(vpc_endpoints: Sequence[ec2.IVpcEndpoint] | None, stack: Stack) -> None:
    if vpc_endpoints is None:
        return
    check_list("vpc_endpoints", vpc_endpoints, "VPC endpoints")
    if not vpc_endpoints:
        raise ValueError("vpc_endpoints: expected at least one VPC endpoint, got none; leave it out for a regional API")
    for endpoint in vpc_endpoints:
        # A gateway endpoint has no connections.
        for attribute in ("vpc_endpoint_id", "connections"):
            check_has("vpc_endpoints", endpoint, attribute, "interface endpoints of execute-api")
        check_in_region("vpc_endpoints", endpoint.env.region, stack)
    ids = [endpoint.vpc_endpoint_id for endpoint in vpc_endpoints]
    for endpoint, endpoint_id in zip(vpc_endpoints, ids, strict=True):
        if (count := ids.count(endpoint_id)) > 1:
            raise ValueError(f"vpc_endpoints: expected each VPC endpoint once, got {count} of {endpoint.node.path}")


def _check_cidrs(values: Sequence[str] | None) -> None:
    if values is None:
        return
    check_list("allowed_cidrs", values, "address ranges")
    if Token.is_unresolved(values):
        return
    if not values:
        raise ValueError("allowed_cidrs: expected at least one address range, got none; leave it out to allow all")
    # Only an app with ranges needs it.
    import ipaddress

    ranges = [_network(value) for value in values if not Token.is_unresolved(value)]
    for version in (4, 6):
        # All addresses may also be given in parts, such as 0.0.0.0/1 and 128.0.0.0/1.
        collapsed = ipaddress.collapse_addresses(one for one in ranges if one.version == version)  # type: ignore[type-var]
        if any(one.prefixlen == 0 for one in collapsed):
            raise ValueError(f"allowed_cidrs: expected a part of the IPv{version} addresses, got all of them")


def _network(value: str) -> IPv4Network | IPv6Network:
    import ipaddress

    expected = "allowed_cidrs: expected an address range such as 203.0.113.0/24"
    if not isinstance(value, str):
        raise TypeError(f"{expected}, got {value!r}")
    try:
        # IAM knows neither masks nor zones (IAM User Guide, "IP address condition operators").
        if "." in value.partition("/")[2] or "%" in value:
            raise ValueError("only the length of the prefix may follow the address")
        return ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{expected}, got {value!r}: {error}") from None


def _check_unsigned_callers(
    vpc_endpoints: Sequence[ec2.IVpcEndpoint] | None,
    authorizer: apigateway.IAuthorizer | None,
    allow_origins: Sequence[str] | None,
) -> None:
    if vpc_endpoints is None:
        raise ValueError(
            "unsigned_callers: expected vpc_endpoints= beside it, got none: everybody on the internet could call"
        )
    if authorizer is not None:
        raise ValueError("unsigned_callers: expected no authorizer= beside it: the authorizer decides who may call")
    if allow_origins is not None and "*" in allow_origins:
        raise ValueError(
            "allow_origins: expected single origins beside unsigned_callers=True, got '*': every page that somebody "
            "opens inside the network could make updates"
        )
    for origin in allow_origins or ():
        if Token.is_unresolved(origin) and "://" not in origin:
            raise ValueError(
                "allow_origins: expected origins whose scheme is known at synthesis beside unsigned_callers=True, such "
                "as https:// before a token, got a token: it could be '*', or empty"
            )
