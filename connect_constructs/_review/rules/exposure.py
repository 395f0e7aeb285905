"""Class 2: more callers, more networks, more origins."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from connect_constructs._review.changes import Change, Check, Hit, Rule
from connect_constructs._review.expressions import Value, is_expression, key_of
from connect_constructs._review.findings import Class
from connect_constructs._review.patterns import any_of, covers
from connect_constructs._review.rules.checks import (
    at,
    becomes_unsafe,
    display,
    each_of,
    goes,
    items,
    not_one_of,
    number,
    one_of,
    removed,
)

_EVERYWHERE = ("0.0.0.0/0", "::/0")
# Networks that the internet does not reach: RFC 1918, 6598, 4193, and a host's own.
_PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_SOURCES = ("SourceSecurityGroupId", "SourcePrefixListId", "DestinationSecurityGroupId", "DestinationPrefixListId")
_ALLOW_ORIGIN = "header.Access-Control-Allow-Origin"


def _method_opens(change: Change) -> Iterator[Hit]:
    new = change.new
    # A browser sends its preflight request without credentials.
    if new is None or new.properties.get("HttpMethod") == "OPTIONS":
        return
    yield from becomes_unsafe("AuthorizationType", one_of("NONE"), default="NONE", added=True)(change)


# What says who authorizes callers.
_AUTHORIZERS = (
    "AuthorizationType",
    "AuthorizerId",
    "AuthorizerUri",
    "IdentitySource",
    "IdentityValidationExpression",
    "JwtConfiguration.Audience",
    "JwtConfiguration.Issuer",
    "LambdaAuthorizerConfig",
    "OpenIDConnectConfig",
    "ProviderARNs",
    "UserPoolConfig",
)


def _authorizer_changes(*paths: str) -> Check:
    """Callers are authorized in another way; whether by fewer or by more, nobody can tell."""

    def check(change: Change) -> Iterator[Hit]:
        if change.old is None or change.new is None:
            return
        for path in paths:
            old, new = at(change.old.properties, path), at(change.new.properties, path)
            if old is not None and old != new and new not in (None, "NONE") and old != "NONE":
                said = goes(path, old, new)
                yield Hit(old, new, said, path, certain=False)

    return check


def _additional_api_key(change: Change) -> Iterator[Hit]:
    path = "AdditionalAuthenticationProviders"

    def has_key(properties: dict[str, Value]) -> bool:
        return any(
            isinstance(one, dict) and one.get("AuthenticationType") == "API_KEY" for one in items(properties, path)
        )

    if change.new and has_key(change.new.properties) and not (change.old and has_key(change.old.properties)):
        old = change.old.properties.get(path) if change.old else None
        yield Hit(old, change.new.properties[path], f"{path} also has API_KEY", path)


def _scopes_shrink(change: Change) -> Iterator[Hit]:
    """Any one of the scopes is enough, so that more of them let in more callers."""
    if change.old is None or change.new is None:
        return
    old, new = at(change.old.properties, "AuthorizationScopes"), at(change.new.properties, "AuthorizationScopes")
    if not old or old == new:
        return
    certain = isinstance(old, list) and isinstance(new or [], list)
    if not certain or not new or any(scope not in old for scope in new):
        said = goes("AuthorizationScopes", old, new)
        yield Hit(old, new, said, "AuthorizationScopes", certain=certain)


def _private_opens(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    path = "EndpointConfiguration.Types"
    old, new = at(change.old.properties, path), at(change.new.properties, path)
    if old == ["PRIVATE"] and new != old:
        said = f"{path} goes from PRIVATE to {display(new)}"
        yield Hit(old, new, said, path, certain=not is_expression(new) and not any(map(is_expression, new or [])))


def _blocks_go(change: Change) -> Iterator[Hit]:
    """A bucket made today blocks public access unless its template says otherwise."""
    for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
        path = f"PublicAccessBlockConfiguration.{name}"
        if change.old and at(change.old.properties, path) is None:
            # Set nowhere before: what the bucket has depends on when it was made.
            yield from becomes_unsafe(path, one_of("false"), default="true")(change)
        else:
            yield from becomes_unsafe(path, not_one_of("true"), added=False)(change)


def _ingress(change: Change) -> Iterator[Hit]:
    """New rules of a security group that let in what no old rule did, from everywhere."""
    if change.new is None:
        return
    inline = change.new.type == "AWS::EC2::SecurityGroup"
    new = list(items(change.new.properties, "SecurityGroupIngress")) if inline else [change.new.properties]
    old: list[Value] = []
    if change.old:
        old = list(items(change.old.properties, "SecurityGroupIngress")) if inline else [change.old.properties]
    for rule in new:
        if not isinstance(rule, dict) or any(_covers(one, rule) for one in old):
            continue
        source = rule.get("CidrIp", rule.get("CidrIpv6"))
        place = "SecurityGroupIngress" if inline else "CidrIp"
        if source is None:
            source = rule.get("SourcePrefixListId")
            if source is not None:
                said = f"{_ports(rule)} is open to the prefix list {display(source)}"
                yield Hit(None, rule, said, place, certain=False)
        elif is_expression(source):
            yield Hit(None, rule, f"{_ports(rule)} is open to {display(source)}", place, certain=False)
        elif not any(_contains(one, source) for one in _PRIVATE):
            why = "" if source in _EVERYWHERE else "The network is not a private one."
            yield Hit(None, rule, f"{_ports(rule)} is open to {display(source)}", place, why=why)


def _egress(change: Change) -> Iterator[Hit]:
    """New ways out to everywhere; without any rule of its own a group lets out everything."""
    if change.old is None or change.new is None or change.old.properties.get("SecurityGroupEgress") is None:
        return
    old = items(change.old.properties, "SecurityGroupEgress")
    new = change.new.properties.get("SecurityGroupEgress")
    place = "SecurityGroupEgress"
    if new is None:
        yield Hit(list(old), None, f"{place} is removed, which allows all outbound traffic", place)
    for rule in items(change.new.properties, place):
        if isinstance(rule, dict) and not any(_covers(one, rule) for one in old):
            target = rule.get("CidrIp", rule.get("CidrIpv6"))
            if target in _EVERYWHERE:
                yield Hit(None, rule, f"Outbound traffic to {target} is allowed: {_ports(rule)}", place)


def _ports(rule: dict[str, Value]) -> str:
    protocol = display(rule.get("IpProtocol"))
    if protocol == "-1":
        return "Every port"
    first, last = display(rule.get("FromPort")), display(rule.get("ToPort"))
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _covers(old: Value, new: dict[str, Value]) -> bool:
    """Whether the old rule is for at least the network and the ports of the new one."""
    if not isinstance(old, dict):
        return False
    if old.get("CidrIp") == "0.0.0.0/0" and "SourcePrefixListId" in new:
        return _covers_ports(old, new)
    if any(old.get(name) != new.get(name) for name in _SOURCES):
        return False
    for name in ("CidrIp", "CidrIpv6"):
        if old.get(name) != new.get(name) and not _contains(old.get(name), new.get(name)):
            return False
    return _covers_ports(old, new)


def _contains(wide: Value, narrow: Value) -> bool:
    if wide is None or narrow is None:
        return False
    one, other = _network(wide), _network(narrow)
    if one is None or other is None:
        return bool(wide == narrow)
    return other.version == one.version and other.subnet_of(one)  # type: ignore[arg-type]


def _network(text: Value) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if isinstance(text, str) else None
    except ValueError:
        return None


def _covers_ports(old: dict[str, Value], new: dict[str, Value]) -> bool:
    """Whether the old rule is for at least the ports of the new one."""
    protocol = old.get("IpProtocol")
    if protocol == "-1":
        return True
    if protocol != new.get("IpProtocol"):
        return False
    if protocol in ("tcp", "udp"):
        old_first, old_last, first, last = (
            number(rule.get(name)) for rule in (old, new) for name in ("FromPort", "ToPort")
        )
        if not (old_first is None or old_last is None or first is None or last is None):
            return old_first <= first and last <= old_last
    # For ICMP, these are types and codes.
    return all(old.get(name) == new.get(name) for name in ("FromPort", "ToPort"))


def _origins(values: Iterable[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        # In a response's header it stands in single quotes; the request's own origin, sent back, is any origin.
        text = "*" if isinstance(value, str) and value.startswith("method.request.header.") else value
        found.append(text.strip("'") if isinstance(text, str) else text)
    return found


def _origins_widen(path: str, old: list[Value], new: list[Value]) -> Iterator[Hit]:
    if old == new:
        return
    more = [origin for origin in new if not any(covers(one, origin) is True for one in old)]
    if more:
        certain = any(any_of(*(covers(one, origin) for one in old)) is False for origin in more)
        said = f"{path} also allows {', '.join(map(display, more))}" if old else f"{path} allows {display(more)}"
        yield Hit(old, new, said, path, certain=certain)


def _body_changes(change: Change) -> Iterator[Hit]:
    """An OpenAPI document of its own says who may call what; it is not read."""
    if change.old is None or change.new is None:
        return
    for path in ("Body", "BodyS3Location"):
        old, new = change.old.properties.get(path), change.new.properties.get(path)
        if old != new:
            yield Hit(old, new, f"{path}, the API's OpenAPI document, has changed", path, certain=False)


def _cors(path: str) -> Check:
    def check(change: Change) -> Iterator[Hit]:
        if change.new is None:
            return
        new = at(change.new.properties, path)
        old = at(change.old.properties, path) if change.old else None
        yield from _origins_widen(path, _origins(_list(old)), _origins(_list(new)))

    return check


def _bucket_cors(change: Change) -> Iterator[Hit]:
    def origins(properties: dict[str, Value]) -> list[Value]:
        rules = items(properties, "CorsConfiguration.CorsRules")
        return [one for rule in rules if isinstance(rule, dict) for one in _list(rule.get("AllowedOrigins"))]

    if change.new:
        old = origins(change.old.properties) if change.old else []
        yield from _origins_widen("CorsConfiguration.CorsRules", old, origins(change.new.properties))


def _response_cors(change: Change) -> Iterator[Hit]:
    """The headers that a method's or a gateway's own responses set."""
    if change.new is None:
        return
    old = _response_origins(change.old.properties) if change.old else []
    yield from _origins_widen(_ALLOW_ORIGIN.removeprefix("header."), old, _response_origins(change.new.properties))


def _response_origins(properties: dict[str, Value]) -> list[Value]:
    responses: list[Value] = [properties, *items(properties, "Integration.IntegrationResponses")]
    found = {}
    for response in responses:
        parameters = response.get("ResponseParameters") if isinstance(response, dict) else None
        for name, value in parameters.items() if isinstance(parameters, dict) else ():
            # A method's own responses only name the headers, with true or false.
            if name.endswith(_ALLOW_ORIGIN) and value not in ("true", "false"):
                found[key_of(value)] = value
    return _origins(found.values())


def _list(value: Value) -> list[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


EXPOSURE_RULES = (
    Rule(
        "api-authorization-off",
        Class.EXPOSURE,
        "Anyone who can reach the endpoint can call the method without credentials.",
        "Keep AWS_IAM or an authorizer; only a preflight (OPTIONS) needs none.",
        _method_opens,
        ("AuthorizationType",),
        ("AWS::ApiGateway::Method",),
    ),
    Rule(
        "http-api-authorization-off",
        Class.EXPOSURE,
        "Anyone who can reach the endpoint can call the route without credentials.",
        "Keep the route's authorizer.",
        becomes_unsafe("AuthorizationType", one_of("NONE"), default="NONE", added=True),
        ("AuthorizationType",),
        ("AWS::ApiGatewayV2::Route",),
    ),
    Rule(
        "api-authorizer-changed",
        Class.EXPOSURE,
        "The new authorizer may accept other callers. The templates do not say which.",
        "Compare which callers the old and the new authorizer accept.",
        _authorizer_changes(*_AUTHORIZERS),
        tuple(dict.fromkeys(path.split(".")[0] for path in _AUTHORIZERS)),
        (
            "AWS::ApiGateway::Authorizer",
            "AWS::ApiGateway::Method",
            "AWS::ApiGatewayV2::Authorizer",
            "AWS::ApiGatewayV2::Route",
            "AWS::AppSync::GraphQLApi",
        ),
    ),
    Rule(
        "api-scopes-widened",
        Class.EXPOSURE,
        "Any one of the scopes is enough to call the method. Without scopes, any token of the user pool is enough.",
        "Keep the scopes, or check who gets the new ones.",
        _scopes_shrink,
        ("AuthorizationScopes",),
        ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route"),
    ),
    Rule(
        "api-key-off",
        Class.EXPOSURE,
        "Callers no longer need an API key, and usage plans no longer limit them.",
        "Keep ApiKeyRequired, or make sure that authorization and throttles are enough.",
        becomes_unsafe("ApiKeyRequired", one_of("false"), default="false"),
        ("ApiKeyRequired",),
        ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route"),
    ),
    Rule(
        "graphql-api-key",
        Class.EXPOSURE,
        "An API key is not an identity: anyone who has seen it can call the API.",
        "Keep to IAM, a user pool or OpenID Connect.",
        each_of(becomes_unsafe("AuthenticationType", one_of("API_KEY"), added=True), _additional_api_key),
        ("AuthenticationType", "AdditionalAuthenticationProviders"),
        ("AWS::AppSync::GraphQLApi",),
    ),
    Rule(
        "function-url-open",
        Class.EXPOSURE,
        "Anyone on the internet can call the function.",
        "Keep AuthType AWS_IAM.",
        becomes_unsafe("AuthType", one_of("NONE"), added=True),
        ("AuthType",),
        ("AWS::Lambda::Url",),
    ),
    Rule(
        "api-endpoint-public",
        Class.EXPOSURE,
        "The API was reachable through VPC endpoints only. Now it is reachable from the internet.",
        "Keep the endpoint type PRIVATE, or make sure that every method requires authorization.",
        _private_opens,
        ("EndpointConfiguration",),
        ("AWS::ApiGateway::RestApi",),
    ),
    Rule(
        "api-document-changed",
        Class.EXPOSURE,
        "The document can open methods, change authorizers or add methods. The review does not read it.",
        "Read the diff of the document.",
        _body_changes,
        ("Body", "BodyS3Location"),
        ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"),
    ),
    Rule(
        "bucket-public-access",
        Class.EXPOSURE,
        "Policies and ACLs can make the bucket's objects public.",
        "Keep all four settings of PublicAccessBlockConfiguration true.",
        _blocks_go,
        ("PublicAccessBlockConfiguration",),
        ("AWS::S3::Bucket",),
    ),
    Rule(
        "bucket-acl-public",
        Class.EXPOSURE,
        "Anyone can list or read the bucket.",
        "Grant access with a bucket policy to those who need it.",
        becomes_unsafe(
            "AccessControl", one_of("PublicRead", "PublicReadWrite", "AuthenticatedRead"), default="Private", added=True
        ),
        ("AccessControl",),
        ("AWS::S3::Bucket",),
    ),
    Rule(
        "network-open",
        Class.EXPOSURE,
        "The port is reachable from anywhere that has a route to it.",
        "Name the networks or the security groups that need it.",
        _ingress,
        ("SecurityGroupIngress", "CidrIp", "CidrIpv6"),
        ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"),
    ),
    Rule(
        "network-egress-open",
        Class.EXPOSURE,
        "Whatever uses the security group can send data anywhere.",
        "Name the networks, security groups or prefix lists that it needs.",
        _egress,
        ("SecurityGroupEgress",),
        ("AWS::EC2::SecurityGroup",),
    ),
    Rule(
        "publicly-accessible",
        Class.EXPOSURE,
        "It gets a public address. The internet can reach it if its security groups allow that.",
        "Keep PubliclyAccessible false.",
        each_of(
            becomes_unsafe("PubliclyAccessible", one_of("true"), default="false", added=True),
            becomes_unsafe("ResourcesVpcConfig.EndpointPublicAccess", one_of("true"), default="true"),
            becomes_unsafe("NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", one_of("ENABLED")),
        ),
        ("PubliclyAccessible", "ResourcesVpcConfig", "NetworkConfiguration"),
    ),
    Rule(
        "load-balancer-public",
        Class.EXPOSURE,
        "The load balancer gets public addresses.",
        "Keep Scheme internal.",
        becomes_unsafe("Scheme", one_of("internet-facing"), default="internet-facing"),
        ("Scheme",),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancing::LoadBalancer"),
    ),
    Rule(
        "identity-pool-guests",
        Class.EXPOSURE,
        "Anyone gets credentials for the role of unauthenticated users.",
        "Keep AllowUnauthenticatedIdentities false.",
        becomes_unsafe("AllowUnauthenticatedIdentities", one_of("true"), added=True),
        ("AllowUnauthenticatedIdentities",),
        ("AWS::Cognito::IdentityPool",),
    ),
    Rule(
        "cors-origins",
        Class.EXPOSURE,
        "Pages from these origins can call it from the user's browser.",
        "Allow only the origins whose pages need it.",
        each_of(_cors("CorsConfiguration.AllowOrigins"), _cors("Cors.AllowOrigins")),
        ("CorsConfiguration", "Cors"),
        ("AWS::ApiGatewayV2::Api", "AWS::Lambda::Url"),
    ),
    Rule(
        "bucket-cors-origins",
        Class.EXPOSURE,
        "Pages from these origins can read the responses to their requests.",
        "Allow only the origins whose pages need it.",
        _bucket_cors,
        ("CorsConfiguration",),
        ("AWS::S3::Bucket",),
    ),
    Rule(
        "response-cors-origins",
        Class.EXPOSURE,
        "Pages from these origins can read the API's responses.",
        "Allow only the origins whose pages need it.",
        _response_cors,
        ("Integration", "ResponseParameters"),
        ("AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse"),
    ),
    Rule(
        "cors-credentials",
        Class.EXPOSURE,
        "Pages from the allowed origins call with the cookies of the signed-in user.",
        "Keep AllowCredentials false unless the pages need cookies.",
        each_of(
            becomes_unsafe("CorsConfiguration.AllowCredentials", one_of("true"), default="false"),
            becomes_unsafe("Cors.AllowCredentials", one_of("true"), default="false"),
        ),
        ("CorsConfiguration", "Cors"),
        ("AWS::ApiGatewayV2::Api", "AWS::Lambda::Url"),
    ),
    Rule(
        "web-acl-removed",
        Class.EXPOSURE,
        "The web ACL's rules no longer protect the endpoint.",
        "Keep the association with the web ACL.",
        lambda change: (
            [Hit(change.old.properties, None, "The association with a web ACL is removed")]
            if change.old and change.new is None and change.old.type == "AWS::WAFv2::WebACLAssociation"
            else list(removed("DistributionConfig.WebACLId")(change))
        ),
        ("DistributionConfig",),
        ("AWS::WAFv2::WebACLAssociation", "AWS::CloudFront::Distribution"),
    ),
)
