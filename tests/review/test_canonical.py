"""What means the same is no difference."""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs._review.canonical import canonical
from connect_constructs._review.errors import InputError
from tests.review.templates import Json, all_findings, allow, policy, resource, role, rules, template

HASH, OTHER_HASH = "a1" * 32, "b2" * 32
GIVEN = {"P": {"Type": "String"}}


def value(written: Any, **sections: Any) -> Any:
    """The canonical form of a property's value."""
    read = canonical(template({"It": resource("AWS::SNS::Topic", {"Value": written})}, **sections), "Stack")
    return read.resources["It"].properties.get("Value")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Fn::Join": ["", ["a-", {"Ref": "T"}, "-b"]]}, {"Fn::Sub": "a-${T}-b"}),
        ({"Fn::Join": ["-", ["a", {"Ref": "T"}, "b"]]}, {"Fn::Sub": "a-${T}-b"}),
        ({"Fn::Join": ["", ["a", "b"]]}, "ab"),
        ({"Fn::Join": ["", [{"Fn::Join": ["", ["a", {"Ref": "T"}]]}, "b"]]}, {"Fn::Sub": "a${T}b"}),
        ({"Fn::Sub": ["${X}/${T.Arn}", {"X": "x"}]}, {"Fn::Join": ["", ["x/", {"Fn::GetAtt": ["T", "Arn"]}]]}),
        ({"Fn::Sub": "${!literal}"}, "${literal}"),
        ({"Fn::Sub": "${AWS::Region}"}, {"Ref": "AWS::Region"}),
        ({"Fn::GetAtt": "T.Outputs.X"}, {"Fn::GetAtt": ["T", "Outputs.X"]}),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        (10, "10"),
        (10.0, 10),
        (True, "true"),
        ({"a": 1, "b": {"Ref": "AWS::NoValue"}}, {"a": "1"}),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
    ],
)
def test_forms_of_one_value_are_one(one: Any, other: Any) -> None:
    assert value(one) == value(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Fn::Join": ["", ["a", {"Ref": "T"}]]}, {"Fn::Join": ["", [{"Ref": "T"}, "a"]]}),
        ("3.10", "3.1"),
        ("010", "10"),
        ({"Fn::GetAtt": ["T", "Arn"]}, {"Ref": "T"}),
        ({"Fn::Join": [",", {"Ref": "T"}]}, {"Fn::Join": [";", {"Ref": "T"}]}),
        ([1, 2], [2, 1]),
    ],
)
def test_other_values_are_others(one: Any, other: Any) -> None:
    assert value(one) != value(other)


def test_literal_map_lookup_is_its_value() -> None:
    sections = {"Mappings": {"M": {"a": {"b": "found"}}}}
    assert value({"Fn::FindInMap": ["M", "a", "b"]}, **sections) == "found"


def test_changed_mapping_concerns_whoever_looks_it_up() -> None:
    lookup = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "b"]}
    assert value(lookup, Mappings={"M": {"us-east-1": {"b": "1"}}}) != value(
        lookup, Mappings={"M": {"us-east-1": {"b": "2"}}}
    )


def test_changed_parameter_default_concerns_whoever_refers_to_it() -> None:
    used = {"Fn::Sub": "x-${P}"}
    one, other = ({"P": {"Type": "String", "Default": default}} for default in ("1", "2"))
    assert value(used, Parameters=one) != value(used, Parameters=other)


def test_order_and_lists_of_one_are_no_difference_in_policies() -> None:
    old = role(allow("s3:GetObject", "a"), allow(["sqs:SendMessage", "sqs:GetQueueUrl"], ["q"], Sid="Queue"))
    new = role(allow(["sqs:GetQueueUrl", "sqs:SendMessage"], "q"), allow(["s3:GetObject"], ["a"]))
    assert all_findings(template({"R": old}), template({"R": new})) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("*", {"AWS": "*"}),
        ({"AWS": ["b", "a"]}, {"AWS": ["a", "b"]}),
        ({"Service": "x.amazonaws.com"}, {"Service": ["x.amazonaws.com"]}),
    ],
)
def test_forms_of_one_principal_are_one(one: Any, other: Any) -> None:
    old, new = (
        resource("AWS::SQS::QueuePolicy", {"Queues": ["q"], "PolicyDocument": policy(allow("a", Principal=p))})
        for p in (one, other)
    )
    assert all_findings(template({"P": old}), template({"P": new})) == []


def function(key: Any) -> Json:
    return resource("AWS::Lambda::Function", {"Code": {"S3Bucket": "b", "S3Key": key}})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (function(f"{HASH}.zip"), function(f"{OTHER_HASH}.zip")),
        (function(f"prefix/{HASH}.zip"), function(f"prefix/{OTHER_HASH}.zip")),
        *(
            (
                resource("AWS::Lambda::Function", {"Code": {"ImageUri": {"Fn::Sub": f"{image}:{one}"}}}),
                resource("AWS::Lambda::Function", {"Code": {"ImageUri": {"Fn::Sub": f"{image}:{other}"}}}),
            )
            for image, one, other in [
                (
                    "${AWS::AccountId}.dkr.ecr.us-east-1.amazonaws.com/cdk-x-container-assets-${AWS::Region}",
                    HASH,
                    OTHER_HASH,
                )
            ]
        ),
    ],
)
def test_hash_of_an_asset_is_no_difference(old: Json, new: Json) -> None:
    assert all_findings(template({"F": old}), template({"F": new})) == []


def test_hash_that_is_no_assets_is_a_difference() -> None:
    old, new = (resource("AWS::SSM::Parameter", {"Value": one}) for one in (HASH, OTHER_HASH))
    assert rules(all_findings(template({"P": old}), template({"P": new}))) == ["other"]


def test_hash_in_the_id_of_a_deployment_or_version_is_no_difference() -> None:
    def versioned(content: str) -> Json:
        version, deployment = f"FnCurrentVersion1A2B3C4D{content}", f"ApiDeployment5E6F7A8B{content}"
        return template(
            {
                version: resource("AWS::Lambda::Version", {"FunctionName": {"Ref": "Fn"}}),
                deployment: resource("AWS::ApiGateway::Deployment", {"RestApiId": {"Ref": "Api"}}),
                "Alias": resource(
                    "AWS::Lambda::Alias", {"Name": "live", "FunctionVersion": {"Fn::GetAtt": [version, "Version"]}}
                ),
                "Stage": resource(
                    "AWS::ApiGateway::Stage",
                    {"StageName": "s", "DeploymentId": {"Ref": deployment}},
                    DependsOn=[deployment],
                ),
            },
            Outputs={"Version": {"Value": {"Fn::Sub": f"${{{version}.Version}}"}}},
        )

    assert all_findings(versioned("0" * 32), versioned("f" * 32)) == []


def test_cdks_own_additions_are_no_difference() -> None:
    bare = template({"T": resource("AWS::SNS::Topic", Metadata={"aws:cdk:path": "Stack/T/Resource"})})
    full = {
        **template(
            {"T": resource("AWS::SNS::Topic"), "CDKMetadata": resource("AWS::CDK::Metadata", {"Analytics": "x"})}
        ),
        "Conditions": {"CDKMetadataAvailable": {"Fn::Equals": ["a", "b"]}},
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
    }
    assert all_findings(bare, full) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"Resources": []},
        {"Resources": {"A": None}},
        {"Resources": {"A": {}}},
        {"Resources": {"A": {"Type": 1}}},
        {"Resources": {"A": {"Type": "T", "Properties": "x"}}},
        {"Resources": {}, "Outputs": {"O": []}},
        {"Resources": {}, "Parameters": "P"},
    ],
)
def test_what_is_no_template_is_said(broken: Json) -> None:
    with pytest.raises(InputError, match="expected"):
        canonical(broken, "Stack")
