"""Templates with conditions are compared by branch."""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs._review.conditions import branches, conjunction, disjunction, equality, negation
from tests.review.templates import Json, allow, deny, findings, resource, role, rules, template

PROD = {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
STAGE = {"Stage": {"Type": "String"}}


def conditional(resources: Json, conditions: Json | None = None, parameters: Json | None = None) -> Json:
    return template(resources, Conditions=conditions or PROD, Parameters=parameters or STAGE)


def method(authorization: Any) -> Json:
    properties = {"HttpMethod": "POST", "ResourceId": "r", "RestApiId": "a", "AuthorizationType": authorization}
    return {"M": resource("AWS::ApiGateway::Method", properties)}


def test_finding_names_the_branch_that_it_is_in() -> None:
    old = conditional(method("AWS_IAM"))
    new = conditional(method({"Fn::If": ["Prod", "AWS_IAM", "NONE"]}))

    (found,) = findings(old, new)

    assert (found.rule, found.branch) == ("api-authorization-off", "not Prod")


def test_branches_that_are_as_before_are_no_finding() -> None:
    old = conditional(method({"Fn::If": ["Prod", "AWS_IAM", "NONE"]}))
    new = conditional(
        method({"Fn::If": ["NotProd", "NONE", "AWS_IAM"]}), {**PROD, "NotProd": {"Fn::Not": [{"Condition": "Prod"}]}}
    )
    assert findings(old, new) == []


def test_renamed_condition_is_no_difference() -> None:
    old = conditional(method({"Fn::If": ["Prod", "AWS_IAM", "NONE"]}))
    new = conditional(method({"Fn::If": ["Live", "AWS_IAM", "NONE"]}), {"Live": PROD["Prod"]})
    assert findings(old, new) == []


def test_changed_condition_concerns_whoever_uses_it() -> None:
    resources = method({"Fn::If": ["Prod", "AWS_IAM", "NONE"]})
    changed = {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "live"]}}
    assert rules(findings(conditional(resources), conditional(resources, changed))) == ["api-authorization-off"]


def test_changed_default_of_a_parameter_concerns_the_conditions_that_use_it() -> None:
    resources = method({"Fn::If": ["Prod", "AWS_IAM", "NONE"]})
    old, new = ({"Stage": {"Type": "String", "Default": default}} for default in ("prod", "dev"))
    assert rules(findings(conditional(resources, None, old), conditional(resources, None, new))) == [
        "api-authorization-off"
    ]


def test_changed_default_of_a_parameter_concerns_the_properties_that_use_it() -> None:
    resources = method({"Ref": "Authorization"})
    old, new = ({"Authorization": {"Type": "String", "Default": default}} for default in ("AWS_IAM", "NONE"))
    assert rules(findings(template(resources, Parameters=old), template(resources, Parameters=new))) == [
        "api-authorization-off"
    ]


def test_parameter_with_the_old_value_as_default_is_unknown() -> None:
    given = {"Authorization": {"Type": "String", "Default": "AWS_IAM"}}
    found = findings(template(method("AWS_IAM")), template(method({"Ref": "Authorization"}), Parameters=given))
    assert [(one.rule, one.aspect and one.aspect.value) for one in found] == [("parameter-decides", "exposure")]


def test_resource_that_gets_a_condition_is_removed_where_it_does_not_hold() -> None:
    old = conditional({"Q": resource("AWS::SQS::Queue")})
    new = conditional({"Q": resource("AWS::SQS::Queue", Condition="Prod")})

    (found,) = findings(old, new)

    assert (found.rule, found.branch) == ("data-removed", "not Prod")


def test_permission_in_one_branch_is_found() -> None:
    wide = {"Fn::If": ["Prod", allow("s3:GetObject", "b/*"), allow("s3:*", "b/*")]}
    old, new = conditional({"R": role(allow("s3:GetObject", "b/*"))}), conditional({"R": role(wide)})

    (found,) = findings(old, new)

    assert (found.rule, found.branch) == ("permission-widened", "not Prod")


def test_deny_that_gets_a_condition_of_the_template_is_found() -> None:
    def guarded(**others: Any) -> Json:
        document = {"Version": "2012-10-17", "Statement": [deny("s3:DeleteObject")]}
        policy = {"PolicyName": "P", "Roles": [{"Ref": "R"}], "PolicyDocument": document}
        return conditional({"R": role(allow("s3:*")), "P": resource("AWS::IAM::Policy", policy, **others)})

    (found,) = findings(guarded(), guarded(Condition="Prod"))

    assert (found.rule, found.branch) == ("deny-removed", "not Prod")


def test_too_many_conditions_are_unknown() -> None:
    names = [f"C{number}" for number in range(9)]
    conditions = {name: {"Fn::Equals": [{"Ref": "Stage"}, {"Ref": name}]} for name in names}
    parameters = {**STAGE, **{name: {"Type": "String"} for name in names}}
    nested: Any = "AWS_IAM"
    for name in names:
        nested = {"Fn::If": [name, "CUSTOM" if name == "C3" else "NONE", nested]}
    found = findings(
        conditional(method("AWS_IAM"), conditions, parameters), conditional(method(nested), conditions, parameters)
    )
    assert [(one.rule, one.class_.slug) for one in found] == [("too-many-conditions", "unknown")]


def test_condition_that_refers_to_itself_ends() -> None:
    circle = {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}}
    resources = method({"Fn::If": ["A", "AWS_IAM", "NONE"]})
    assert findings(conditional(resources, circle), conditional(resources, circle)) == []


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (equality("a", "a"), True),
        (equality("a", "b"), False),
        (negation(negation(equality({"Ref": "P"}, "a"))), equality("a", {"Ref": "P"})),
        (conjunction([True, equality({"Ref": "P"}, "a")]), equality({"Ref": "P"}, "a")),
        (conjunction([False, equality({"Ref": "P"}, "a")]), False),
        (disjunction([False, False]), False),
        (disjunction([equality({"Ref": "P"}, "a"), True]), True),
    ],
)
def test_conditions_are_simplified(made: Any, expected: Any) -> None:
    assert made == expected


def test_branch_in_which_a_value_would_be_two_texts_cannot_occur() -> None:
    one, other = equality({"Ref": "P"}, "a"), equality({"Ref": "P"}, "b")
    found = branches([one, negation(other)])
    assert found is not None
    assert sorted(sum(branch.values()) for branch in found) == [0, 1, 1]
