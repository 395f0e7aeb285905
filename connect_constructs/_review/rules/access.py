"""Class 2: access controls that are removed, identity providers, and sharing with other accounts."""

from __future__ import annotations

from collections.abc import Iterator

from connect_constructs._review.changes import Change, Hit, Rule
from connect_constructs._review.findings import Class
from connect_constructs._review.rules.checks import at, becomes_unsafe, display, goes, not_one_of, one_of, removed

_SHARED = {
    "AWS::EC2::VPCEndpointServicePermissions": "AllowedPrincipals",
    "AWS::RAM::ResourceShare": "Principals",
}


def _policy_removed(change: Change) -> Iterator[Hit]:
    """These types allow more without a policy than with one."""
    yield from removed("Policy", "PolicyDocument", "FileSystemPolicy")(change)


def _provider(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    for path in ("ClientIdList", "SamlMetadataDocument"):
        old, new = at(change.old.properties, path), at(change.new.properties, path)
        is_narrower = isinstance(old, list) and isinstance(new, list) and all(one in old for one in new)
        if old != new and not is_narrower:
            yield Hit(old, new, f"{path} has changed", path, certain=False)


def _shared(change: Change) -> Iterator[Hit]:
    if change.new is None:
        return
    name = _SHARED[change.new.type]
    new, old = change.new.properties.get(name), change.old.properties.get(name) if change.old else []
    if not isinstance(new, list) or not isinstance(old or [], list):
        if new is not None and new != old:
            yield Hit(old, new, goes(name, old, new), name, certain=False)
        return
    more = [one for one in new if one not in (old or []) and one not in (change.account, {"Ref": "AWS::AccountId"})]
    if more:
        certain = any(isinstance(one, str) for one in more)
        yield Hit(old, new, f"{name} also has {', '.join(map(display, more))}", name, certain=certain)


ACCESS_RULES = (
    Rule(
        "resource-policy-removed",
        Class.EXPOSURE,
        "Without a policy, anyone who can reach it is allowed, unless something else denies them.",
        "Keep the policy.",
        _policy_removed,
        ("Policy", "PolicyDocument", "FileSystemPolicy"),
        ("AWS::ApiGateway::RestApi", "AWS::EC2::VPCEndpoint", "AWS::EFS::FileSystem"),
    ),
    Rule(
        "api-default-endpoint",
        Class.EXPOSURE,
        "The API can be called without its domain name, bypassing mutual TLS and whatever is in front of it.",
        "Keep DisableExecuteApiEndpoint true.",
        becomes_unsafe("DisableExecuteApiEndpoint", one_of("false"), default="false"),
        ("DisableExecuteApiEndpoint",),
        ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"),
    ),
    Rule(
        "mutual-tls-off",
        Class.EXPOSURE,
        "Callers no longer need a certificate.",
        "Keep MutualTlsAuthentication.",
        removed("MutualTlsAuthentication"),
        ("MutualTlsAuthentication",),
        ("AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName"),
    ),
    Rule(
        "signed-urls-off",
        Class.EXPOSURE,
        "Anyone can read it without a signed URL or cookie.",
        "Keep the trusted key groups.",
        removed(
            "DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups",
            "DistributionConfig.DefaultCacheBehavior.TrustedSigners",
        ),
        ("DistributionConfig",),
        ("AWS::CloudFront::Distribution",),
    ),
    Rule(
        "sign-up-open",
        Class.EXPOSURE,
        "Anyone can sign up and become a user.",
        "Keep AllowAdminCreateUserOnly true.",
        becomes_unsafe("AdminCreateUserConfig.AllowAdminCreateUserOnly", one_of("false"), default="false"),
        ("AdminCreateUserConfig",),
        ("AWS::Cognito::UserPool",),
    ),
    Rule(
        "mfa-off",
        Class.EXPOSURE,
        "A password alone is enough to sign in.",
        "Keep MfaConfiguration ON.",
        becomes_unsafe("MfaConfiguration", not_one_of("ON"), default="OFF"),
        ("MfaConfiguration",),
        ("AWS::Cognito::UserPool",),
    ),
    Rule(
        "identity-provider-changed",
        Class.EXPOSURE,
        "The provider may accept other people or programs. The templates do not say which.",
        "Check who can get tokens for the new client or from the new provider.",
        _provider,
        ("ClientIdList", "SamlMetadataDocument"),
        ("AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider"),
    ),
    Rule(
        "shared-with-others",
        Class.EXPOSURE,
        "Other accounts can use it.",
        "Name the accounts that need it.",
        _shared,
        tuple(_SHARED.values()),
        tuple(_SHARED),
    ),
)
