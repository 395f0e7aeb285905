"""Permissions are compared as sets of grants."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connect_constructs._review import grants
from connect_constructs._review.findings import Finding
from connect_constructs._review.patterns import covers
from connect_constructs._review.policies import Grant, grant_covers
from connect_constructs._review.rules.rows import ROWS
from tests.review.templates import (
    LAMBDA_TRUST,
    Json,
    all_findings,
    allow,
    deny,
    findings,
    policy,
    resource,
    role,
    rules,
    template,
    trusting,
)

ACCOUNT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
ACCOUNT_NUMBER = {"Ref": "AWS::AccountId"}
OTHER_ACCOUNT = "arn:aws:iam::999988887777:root"
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
BUCKET_ARN = {"Fn::GetAtt": ["B", "Arn"]}
OBJECTS = {"Fn::Join": ["", [BUCKET_ARN, "/*"]]}
TLS = deny("sqs:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})


def of_role(*statements: Json, **others: Any) -> Json:
    return template(
        {"R": role(*statements, **others), "B": resource("AWS::S3::Bucket"), "B2": resource("AWS::S3::Bucket")}
    )


def of_queue(*statements: Json) -> Json:
    document = {"Queues": [{"Ref": "Q"}], "PolicyDocument": policy(*statements)}
    resources = {"Q": resource("AWS::SQS::Queue")}
    return template({**resources, "P": resource("AWS::SQS::QueuePolicy", document)} if statements else resources)


def attached(*statements: Json, type_name: str = "AWS::IAM::Policy") -> Json:
    document = {"PolicyName": "P", "Roles": [{"Ref": "R"}], "PolicyDocument": policy(*statements)}
    return template({"R": role(), type_name.replace("::", ""): resource(type_name, document)})


def by_region(*names: str) -> Json:
    """A role that trusts the service that a mapping names, or Lambda's."""
    mapping = {f"region-{number}": {"lambda": name} for number, name in enumerate(names)}
    found = {"Fn::FindInMap": ["Services", {"Ref": "AWS::Region"}, "lambda"]}
    trusted = trusting({"Service": found if names else "lambda.amazonaws.com"})
    return {**of_role(AssumeRolePolicyDocument=trusted), "Mappings": {"Services": mapping}}


def repository(text: Any) -> Json:
    return template({"E": resource("AWS::ECR::Repository", {"RepositoryPolicyText": text} if text else {})})


def log_policy(name: str) -> Json:
    text = {"Fn::Join": ["", ['{"Statement":[{"Resource":"', {"Ref": "AWS::AccountId"}, f'{name}"}}]}}']]}
    return template({"L": resource("AWS::Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": text})})


def layer(**properties: Any) -> Json:
    given = {"LayerVersionArn": "a", "Action": "lambda:GetLayerVersion", "Principal": "*", **properties}
    return template({"P": resource("AWS::Lambda::LayerVersionPermission", given)})


def event_bus(**properties: Any) -> Json:
    given = {"EventBusName": "bus", "StatementId": "s", **properties}
    policies = {"P": resource("AWS::Events::EventBusPolicy", given)} if properties else {}
    return template({"B": resource("AWS::Events::EventBus", {"Name": "bus"}), **policies})


def web_identity(provider: Any, **tests: Any) -> Json:
    """A role for the identities of a provider, with the tests `operator: {claim: value}`."""
    host = "token.actions.githubusercontent.com"
    condition = {
        operator: {f"{host}:{claim}": value for claim, value in claims.items()} for operator, claims in tests.items()
    }
    trusted = allow("sts:AssumeRoleWithWebIdentity", Principal={"Federated": provider}, Condition=condition)
    del trusted["Resource"]
    return template({"R": role(AssumeRolePolicyDocument=policy(trusted))})


COVERED = [
    # Nothing but the place where it stands
    (
        of_role(allow("s3:GetObject", "a"), allow("s3:PutObject", "a")),
        of_role(allow(["s3:PutObject", "s3:GetObject"], "a")),
    ),
    (of_role(allow("s3:GetObject", "a"), allow("s3:GetObject", "b")), of_role(allow("s3:GetObject", ["a", "b"]))),
    (attached(allow("s3:GetObject", "a")), attached(allow("s3:GetObject", "a"), type_name="AWS::IAM::ManagedPolicy")),
    (of_role(allow("S3:getobject", "a")), of_role(allow("s3:GetObject", "a"))),
    # Less
    (of_role(allow("s3:*")), of_role(allow("s3:Get*"))),
    (of_role(allow("*")), of_role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
    (of_role(allow("s3:GetObject", "arn:aws:s3:::b/*")), of_role(allow("s3:GetObject", "arn:aws:s3:::b/x/*"))),
    (of_role(allow("s3:GetObject", OBJECTS)), of_role(allow("s3:GetObject", {"Fn::Sub": "${B.Arn}/x/*"}))),
    (of_role(allow("s3:GetObject")), of_role(allow("s3:GetObject", Condition=ORGANIZATION))),
    (of_role(allow("s3:Get*", "x?")), of_role(allow("s3:GetObject", "xy"))),
    (of_role(allow("s3:*")), of_role(allow("s3:*"), deny("s3:DeleteBucket"))),
    (
        of_role(allow("s3:Get*", Condition={"StringLike": {"s3:prefix": ["a/*", "b/*"]}})),
        of_role(allow("s3:Get*", Condition={"StringLike": {"s3:prefix": "a/x/*"}})),
    ),
    (
        of_role(allow("s3:Get*", Condition={"StringNotEquals": {"s3:prefix": ["a"]}})),
        of_role(allow("s3:Get*", Condition={"StringNotEquals": {"s3:prefix": ["a", "b"]}})),
    ),
    (
        of_role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        of_role({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}),
    ),
    (of_role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), of_role(allow("s3:GetObject"))),
    # The account passes on what it has to its roles
    (
        of_queue(allow("sqs:SendMessage", Principal={"AWS": "111122223333"})),
        of_queue(allow("sqs:SendMessage", Principal={"AWS": "arn:aws:iam::111122223333:role/Sender"})),
    ),
    (
        of_queue(allow("sqs:SendMessage", Principal={"AWS": "arn:aws:iam::111122223333:root"})),
        of_queue(allow("sqs:SendMessage", Principal={"AWS": "111122223333"})),
    ),
    # A refusal that refuses more
    (of_role(allow("s3:*"), deny("s3:Delete*")), of_role(allow("s3:*"), deny("s3:*"))),
    (of_queue(TLS), of_queue(deny("sqs:*", Principal="*"))),
    # The stack's partition, and the same service by another name
    (
        of_role(allow("s3:Get*", "arn:aws:s3:::b/*")),
        of_role(allow("s3:Get*", {"Fn::Sub": "arn:${AWS::Partition}:s3:::b/*"})),
    ),
    (
        of_role(ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        of_role(ManagedPolicyArns=[{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}]),
    ),
    (of_role(), of_role(AssumeRolePolicyDocument=trusting({"Service": {"Fn::Sub": "lambda.${AWS::URLSuffix}"}}))),
    (of_role(), of_role(AssumeRolePolicyDocument=trusting({"Service": "lambda.eu-south-1.amazonaws.com"}))),
    (by_region("lambda.us-east-1.amazonaws.com", "lambda.cn-north-1.amazonaws.com.cn"), by_region()),
    # Text that is a policy
    (
        repository(policy(allow("ecr:*", Principal={"AWS": ACCOUNT_NUMBER}))),
        repository(json.dumps(policy(allow(["ecr:*"], Principal={"AWS": ACCOUNT_NUMBER})), indent=1)),
    ),
]

WIDENED = [
    (of_role(allow("s3:GetObject")), of_role(allow("s3:*")), "permission-widened"),
    (of_role(allow("s3:GetObject", "a")), of_role(allow("s3:GetObject", "*")), "permission-widened"),
    (of_role(allow("s3:Get*", "a/b/*")), of_role(allow("s3:Get*", "a/*")), "permission-widened"),
    (
        of_role(allow("s3:GetObject", OBJECTS)),
        of_role(allow("s3:GetObject", {"Fn::Sub": "${B2.Arn}/*"})),
        "permission-widened",
    ),
    (of_role(allow("s3:GetObject", Condition=ORGANIZATION)), of_role(allow("s3:GetObject")), "permission-widened"),
    (
        of_role(allow("s3:Get*", Condition={"StringLike": {"s3:prefix": "a/*"}})),
        of_role(allow("s3:Get*", Condition={"StringLike": {"s3:prefix": "*"}})),
        "permission-widened",
    ),
    (
        of_role(allow("s3:Get*", Condition={"StringNotEquals": {"s3:prefix": ["a", "b"]}})),
        of_role(allow("s3:Get*", Condition={"StringNotEquals": {"s3:prefix": ["a"]}})),
        "permission-widened",
    ),
    (
        of_role(allow("s3:GetObject")),
        of_role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        "permission-widened",
    ),
    (
        of_role(allow("s3:GetObject")),
        of_role(allow("s3:GetObject"), ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
        "permission-widened",
    ),
    (of_role(allow("s3:*"), deny("s3:Delete*")), of_role(allow("s3:*")), "deny-removed"),
    (of_role(allow("s3:*"), deny("s3:Delete*")), of_role(allow("s3:*"), deny("s3:DeleteObject")), "deny-removed"),
    (
        of_role(allow("s3:*"), deny("s3:*")),
        of_role(allow("s3:*"), deny("s3:*", Condition=ORGANIZATION)),
        "deny-removed",
    ),
    (of_queue(TLS), of_queue(), "tls-not-required"),
    (of_queue(TLS), of_queue(allow("sqs:SendMessage", Principal={"AWS": ACCOUNT})), "tls-not-required"),
    (
        of_queue(),
        of_queue(allow("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"})),
        "permission-widened",
    ),
    (of_queue(), of_queue(allow("sqs:SendMessage", Principal="*", Condition=ORGANIZATION)), "permission-widened"),
    (of_queue(), of_queue(allow("sqs:SendMessage", Principal="*")), "resource-policy-opened"),
    (of_queue(), of_queue(allow("sqs:SendMessage", Principal={"AWS": OTHER_ACCOUNT})), "resource-policy-opened"),
    (of_role(), of_role(AssumeRolePolicyDocument=trusting("*")), "trust-opened"),
    (of_role(), of_role(AssumeRolePolicyDocument=trusting({"AWS": OTHER_ACCOUNT})), "trust-opened"),
    (of_role(), of_role(AssumeRolePolicyDocument=trusting({"Service": "ec2.amazonaws.com"})), "permission-widened"),
    (
        template({"T": resource("AWS::SNS::Topic")}),
        template({"T": resource("AWS::SNS::Topic"), "R": role(allow("s3:*"))}),
        "permission-new-identity",
    ),
    (repository(None), repository(json.dumps(policy(allow("ecr:*", Principal="*")))), "resource-policy-opened"),
    (event_bus(), event_bus(Action="events:PutEvents", Principal="*"), "resource-policy-opened"),
    (event_bus(), event_bus(Statement=allow("events:PutEvents", Principal="*")), "resource-policy-opened"),
    (
        event_bus(),
        event_bus(
            Action="events:PutEvents",
            Principal="*",
            Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"},
        ),
        "permission-widened",
    ),
    (layer(OrganizationId="o-1"), layer(), "resource-policy-opened"),
]

# Where these are the only limit, anybody passes.
OPEN_TESTS = [
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
    {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}},
    {"Null": {"aws:SourceArn": "false"}},
    {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringLike": {"aws:PrincipalAccount": "????????????"}},
    {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/R", "arn:aws:iam::*:role/R"]}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}},
]
LIMITING_TESTS = [
    {"StringLike": {"aws:PrincipalOrgID": "o-1*"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:bucket"}},
    {"ArnLike": {"aws:SourceArn": {"Fn::GetAtt": ["T", "Arn"]}}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {**ORGANIZATION, "StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
]


@pytest.mark.parametrize("condition", OPEN_TESTS, ids=str)
def test_condition_that_strangers_meet_is_no_limit(condition: Json) -> None:
    new = of_queue(allow("sqs:SendMessage", Principal="*", Condition=condition))
    assert rules(findings(of_queue(), new)) == ["resource-policy-opened"]


@pytest.mark.parametrize("condition", LIMITING_TESTS, ids=str)
def test_condition_that_strangers_do_not_meet_is_a_limit(condition: Json) -> None:
    new = of_queue(allow("sqs:SendMessage", Principal="*", Condition=condition))
    assert rules(findings(of_queue(), new)) == ["permission-widened"]


GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize("provider", [GITHUB, {"Ref": "Provider"}])
@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ({}, ["trust-opened"]),
        ({"StringEquals": {"aud": "sts.amazonaws.com"}}, ["trust-opened"]),
        ({"StringLike": {"aud": "sts.amazonaws.com", "sub": "*"}}, ["trust-opened"]),
        ({"StringLike": {"sub": "repo:*"}}, ["trust-opened"]),
        ({"StringEqualsIfExists": {"sub": "repo:owner/name:ref:refs/heads/main"}}, ["trust-opened"]),
        ({"StringLike": {"aud": "sts.amazonaws.com", "sub": "repo:owner/name:*"}}, []),
        ({"StringEquals": {"repository_owner_id": "1"}}, []),
    ],
    ids=str,
)
def test_new_role_for_any_identity_of_a_shared_provider_is_open(provider: Any, tests: Json, expected: Any) -> None:
    assert rules(findings(template({}), web_identity(provider, **tests))) == expected


def test_audience_of_a_provider_of_ones_own_is_a_limit() -> None:
    trusted = allow(
        "sts:AssumeRoleWithWebIdentity",
        Principal={"Federated": "cognito-identity.amazonaws.com"},
        Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": "Pool"}}},
    )
    new = template({"R": role(AssumeRolePolicyDocument=policy(trusted))})
    assert findings(template({}), new) == []


GIVEN = {"P": {"Type": "String"}}
UNKNOWN = [
    (of_role(allow("s3:GetObject", "a/*")), of_role(allow("s3:GetObject", {"Ref": "P"})), "permission-unknown"),
    (of_role(allow("s3:GetObject", {"Ref": "P"})), of_role(allow("s3:GetObject", "a")), "permission-unknown"),
    (
        of_role(allow("s3:Get*", Condition={"StringEquals": {"s3:prefix": "a"}})),
        of_role(allow("s3:Get*", Condition={"StringLike": {"s3:prefix": "a*"}})),
        "permission-unknown",
    ),
    (
        of_role(allow("s3:Get*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        of_role(allow("s3:Get*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}})),
        "permission-unknown",
    ),
    (of_queue(), of_queue(allow("sqs:SendMessage", Principal={"AWS": {"Ref": "P"}})), "principal-unknown"),
    (
        template({"L": resource("AWS::Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": "one"})}),
        template({"L": resource("AWS::Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": "two"})}),
        "policy-unreadable",
    ),
    (
        repository({"Fn::Sub": '{"Statement": [{"Principal": "${AWS::AccountId}"}]}'}),
        repository({"Fn::Sub": '{"Statement": [{"Principal": "*", "Sid": "${AWS::AccountId}"}]}'}),
        "policy-unreadable",
    ),
    (log_policy("one"), log_policy("two"), "policy-unreadable"),
    # One exception more, of another kind
    (
        of_queue(deny("sqs:*", NotPrincipal={"AWS": OTHER_ACCOUNT})),
        of_queue(deny("sqs:*", NotPrincipal={"AWS": OTHER_ACCOUNT, "Service": "sns.amazonaws.com"})),
        "permission-unknown",
    ),
]


def reviewed(old: Json, new: Json) -> list[Finding]:
    return findings({**old, "Parameters": GIVEN}, {**new, "Parameters": GIVEN})


@pytest.mark.parametrize(("old", "new"), COVERED)
def test_what_was_allowed_before_is_no_widening(old: Json, new: Json) -> None:
    assert [one for one in rules(reviewed(old, new)) if one != "permission-narrowed"] == []


@pytest.mark.parametrize(("old", "new", "rule"), WIDENED)
def test_what_was_not_allowed_before_is_widening(old: Json, new: Json, rule: str) -> None:
    assert rule in rules(reviewed(old, new))


@pytest.mark.parametrize(("old", "new", "rule"), UNKNOWN)
def test_what_cannot_be_proved_is_unknown(old: Json, new: Json, rule: str) -> None:
    found = [one for one in reviewed(old, new) if one.rule != "permission-narrowed"]
    assert [(one.rule, one.class_.slug) for one in found] == [(rule, "unknown")]
    assert found[0].aspect is not None


@pytest.mark.parametrize(("old", "new", "rule"), [case for case in WIDENED if case[2] == "permission-widened"])
def test_the_other_way_round_it_is_narrowing(old: Json, new: Json, rule: str) -> None:
    assert "permission-narrowed" in rules(reviewed(new, old))


def test_statement_moved_between_policies_is_no_finding() -> None:
    statement = allow("s3:GetObject", "a")
    old = template({"R": role(statement)})
    new = attached(statement)
    assert reviewed(old, new) == []


def test_managed_policy_attached_by_reference_is_the_roles() -> None:
    statement = allow("s3:GetObject", "a")
    managed = resource("AWS::IAM::ManagedPolicy", {"PolicyDocument": policy(statement)})
    old = template({"R": role(statement)})
    new = template({"R": role(ManagedPolicyArns=[{"Ref": "M"}]), "M": managed})
    assert reviewed(old, new) == []


def test_role_of_another_stack_that_gets_a_policy_is_found() -> None:
    document = {"PolicyName": "P", "Roles": ["Shared"], "PolicyDocument": policy(allow("s3:*"))}
    old = template({"T": resource("AWS::SNS::Topic")})
    new = template({"T": resource("AWS::SNS::Topic"), "P": resource("AWS::IAM::Policy", document)})
    assert rules(reviewed(old, new)) == ["permission-new-identity"]


def permission(**properties: Any) -> Json:
    given = {"Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["F", "Arn"]}, **properties}
    function = resource("AWS::Lambda::Function")
    return template({"F": function, **({"P": resource("AWS::Lambda::Permission", given)} if properties else {})})


@pytest.mark.parametrize(
    ("properties", "rule"),
    [
        ({"Principal": "*"}, "resource-policy-opened"),
        ({"Principal": "999988887777"}, "resource-policy-opened"),
        ({"Principal": "*", "FunctionUrlAuthType": "NONE"}, "resource-policy-opened"),
        ({"Principal": "*", "PrincipalOrgID": "o-1"}, "permission-widened"),
        ({"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"}, "permission-widened"),
    ],
)
def test_permission_of_a_function_is_a_grant(properties: Json, rule: str) -> None:
    assert rules(reviewed(permission(), permission(**properties))) == [rule]


def test_permission_that_loses_its_source_is_widened() -> None:
    with_source = permission(Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::b")
    found = rules(reviewed(with_source, permission(Principal="s3.amazonaws.com")))
    assert "permission-widened" in found


def test_own_account_is_not_foreign_where_the_assembly_names_it() -> None:
    new = of_queue(allow("sqs:SendMessage", Principal={"AWS": OTHER_ACCOUNT}))
    assert rules(findings(of_queue(), new, account="999988887777")) == ["permission-widened"]


def test_policy_of_a_new_resource_is_no_widening_but_exposure_is_said() -> None:
    nothing = template({"T": resource("AWS::SNS::Topic")})
    for principal, expected in (({"AWS": ACCOUNT}, []), ("*", ["resource-policy-opened"])):
        added = of_queue(allow("sqs:SendMessage", Principal=principal))
        new = template({**added["Resources"], "T": resource("AWS::SNS::Topic")})
        assert rules(reviewed(nothing, new)) == expected


def test_new_identity_lists_what_it_has() -> None:
    old, new = template({}), template({"R": role(allow(["s3:GetObject", "s3:PutObject"], "a"))})
    (found,) = reviewed(old, new)
    assert "Allow s3:GetObject, s3:PutObject on a" in found.what


def test_new_identity_without_permissions_is_no_finding() -> None:
    assert reviewed(template({}), template({"R": role()})) == []


def test_rule_of_a_web_acl_is_no_policy() -> None:
    def web_acl(limit: int) -> Json:
        rule = {"Name": "r", "Statement": {"RateBasedStatement": {"Limit": limit}}}
        return template({"W": resource("AWS::WAFv2::WebACL", {"Rules": [rule]})})

    assert reviewed(web_acl(100), web_acl(1000)) == []


def test_services_of_a_mapping_that_are_not_the_same_are_no_one_service() -> None:
    assert "permission-unknown" in rules(findings(by_region("lambda.amazonaws.com", "ec2.amazonaws.com"), by_region()))


def test_principal_in_the_stacks_partition_is_the_same() -> None:
    here = {"Fn::Sub": "arn:${AWS::Partition}:iam::999988887777:role/R"}
    old, new = (
        of_queue(allow("sqs:SendMessage", Principal={"AWS": one})) for one in (here, "arn:aws:iam::999988887777:role/R")
    )
    assert findings(old, new) == []


def test_text_with_a_statement_further_down_is_no_policy() -> None:
    def function(text: str) -> Json:
        given = {"Environment": {"Variables": {"TEXT": text}}}
        return template({"F": resource("AWS::Lambda::Function", given)})

    (found,) = all_findings(function('{"a": {"Statement": 1}}'), function('{"a":{"Statement":1}}'))
    assert found.rule == "other"


def test_trust_of_the_same_services_is_no_finding() -> None:
    assert reviewed(of_role(), of_role(AssumeRolePolicyDocument=LAMBDA_TRUST)) == []


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "anything", True),
        ("a*", "abc", True),
        ("a*c", "abc", True),
        ("a*c", "abd", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*", "a*b", True),
        ("a*b", "a*", False),
        ("a?", "a*", False),
        ("*a*", "bab", True),
        ("", "", True),
        ("a", {"Ref": "P"}, None),
        ({"Ref": "P"}, {"Ref": "P"}, True),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"Fn::GetAtt": ["B", "Arn"]}, False),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"Ref": "A"}, None),
        ({"Fn::Concat": ["x/", {"Ref": "P"}]}, {"Fn::Concat": ["y/", {"Ref": "P"}]}, False),
        (
            {"Fn::Concat": ["arn:", {"Ref": "AWS::Partition"}, ":s3:::b/*"]},
            {"Fn::Concat": ["arn:", {"Ref": "AWS::Partition"}, ":sqs:", {"Ref": "AWS::Region"}, ":1:q"]},
            False,
        ),
        ({"Fn::Concat": ["arn:", {"Ref": "AWS::Partition"}, ":s3:::b/*"]}, "arn:aws:s3:::b/x", True),
        ({"Fn::Concat": ["arn:", {"Ref": "AWS::Partition"}, ":s3:::b/*"]}, "arn:aws-cn:s3:::b/x", False),
        ("arn:*:s3:::b/*", {"Fn::Concat": ["arn:", {"Ref": "AWS::Partition"}, ":s3:::b/x"]}, True),
        ("${aws:username}/*", "${aws:username}/x", True),
        ("home/${aws:username}", "home/root", None),
        ({"Fn::GetAtt": ["A", "Arn"]}, "*", False),
        ({"Ref": "P"}, "*", False),
        ({"Fn::Parameter": ["P", "String", []]}, "*", None),
    ],
)
def test_patterns_cover_each_other(wide: Any, narrow: Any, expected: bool | None) -> None:
    assert covers(wide, narrow) is expected


def test_rows_about_permissions_each_have_a_case() -> None:
    shown = {rule for _, _, rule in (*WIDENED, *UNKNOWN)} | {"permission-narrowed"}
    tested_elsewhere = {
        "output-changed",
        "export-removed",
        "export-in-use",
        "type-unknown",
        "parameter-decides",
        "too-many-conditions",
        "macro-not-expanded",
        "nested-stack-not-found",
        "stack-missing",
        "stack-added",
        "other",
    }
    assert {row.id for row in ROWS} == shown | tested_elsewhere


def test_work_for_a_policy_grows_with_its_actions_and_not_with_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counted(wide: Grant, narrow: Grant) -> bool | None:
        nonlocal compared
        compared += 1
        return grant_covers(wide, narrow)

    monkeypatch.setattr(grants, "grant_covers", counted)

    def with_role(bucket: str) -> Json:
        actions = [f"service{number}:Get*" for number in range(20)]
        return template({"R": role(allow(actions, [f"arn:aws:s3:::{bucket}{number}" for number in range(20)]))})

    assert rules(findings(with_role("old"), with_role("new"))) == ["permission-widened", "permission-narrowed"]
    # Each grant with the 20 for the same action, in both directions.
    assert compared == 2 * 400 * 20
