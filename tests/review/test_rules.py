"""Each rule: silent about the compliant change, and not about the breaking one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connect_constructs._review.findings import Class
from connect_constructs._review.rules import RULES
from tests.review.rule_cases import CASES, Case
from tests.review.templates import Json, findings, resource, rules, template

# A change of these is reported, and cannot be judged.
UNCERTAIN = {"api-authorizer-changed", "api-document-changed", "identity-provider-changed", "runs-as-another"}


def reviewed(old: Json | None, new: Json | None) -> list[str]:
    # Something beside it, so that an empty template is none.
    other = resource("AWS::SNS::Topic")
    before, after = (template({"Other": other, **({"It": one} if one else {})}) for one in (old, new))
    return rules(findings(before, after))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_breaking_change_is_found(case: Case) -> None:
    assert case.rule in reviewed(case.old, case.breaking)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_compliant_change_is_not(case: Case) -> None:
    assert case.rule not in reviewed(case.old, case.compliant)


def test_each_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in RULES}


def test_each_rule_says_why_and_what_to_do() -> None:
    for case in CASES:
        before, after = (template({"It": one} if one else {}) for one in (case.old, case.breaking))
        for found in findings(before, after):
            assert found.what, found
            assert found.why, found
            assert found.todo, found


def test_classes_are_those_of_the_rules() -> None:
    classes = {rule.id: rule.class_ for rule in RULES}
    for case in CASES:
        before, after = (template({"It": one} if one else {}) for one in (case.old, case.breaking))
        for found in findings(before, after):
            if found.rule in classes and found.rule not in UNCERTAIN:
                assert found.class_ is classes[found.rule], found


def _computed(case: Case) -> Iterator[tuple[Json, Json]]:
    """The breaking resource with each differing property from a parameter without a default."""
    if case.old is None or case.breaking is None or case.old["Type"] != case.breaking["Type"]:
        return
    old, new = case.old["Properties"], case.breaking["Properties"]
    for name in old:
        if new.get(name) != old[name]:
            yield case.old, {**case.old, "Properties": {**old, name: {"Ref": "Given"}}}


@pytest.mark.parametrize("case", [case for case in CASES if case.rule == "api-authorization-off"], ids=str)
def test_what_only_the_deployment_knows_is_unknown(case: Case) -> None:
    for old, new in _computed(case):
        given = {"Given": {"Type": "String"}}
        found = findings(template({"It": old}, Parameters=given), template({"It": new}, Parameters=given))
        assert [(one.class_, one.aspect and one.aspect.value) for one in found if one.rule == case.rule] == [
            (Class.UNKNOWN, "exposure")
        ]


def test_prefix_list_in_place_of_a_security_group_is_unknown() -> None:
    def group(**source: str) -> Json:
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **source}
        return template({"G": resource("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [rule]})})

    (found,) = findings(group(SourceSecurityGroupId="sg-1"), group(SourcePrefixListId="pl-1"))
    assert (found.rule, found.class_) == ("network-open", Class.UNKNOWN)


def test_origin_that_is_sent_back_is_any_origin() -> None:
    """As templates of this project had it: that the header becomes a star lets in nobody else."""

    def response(origin: str) -> Json:
        parameters = {"gatewayresponse.header.Access-Control-Allow-Origin": origin}
        return resource("AWS::ApiGateway::GatewayResponse", {"ResponseParameters": parameters})

    assert reviewed(response("method.request.header.Origin"), response("'*'")) == []
    assert reviewed(response("'https://a.example'"), response("method.request.header.Origin")) == [
        "response-cors-origins"
    ]
