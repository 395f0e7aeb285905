"""What has to go from a template for the emulator, and what becomes of the rest."""

from __future__ import annotations

from typing import Any

from connect_constructs.local.emulator_gaps.at_deployment.resource_types import metric_math_alarms, without_resources
from connect_constructs.local.emulator_gaps.at_deployment.tls import remove_tls_requirements_from


def pruned(resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    template = {"Resources": resources, "Outputs": outputs or {}}
    types = {"AWS::X::Gone", "AWS::Connect::Instance"}
    gone = {name for name, item in resources.items() if item["Type"] in types}
    return without_resources(template, gone, region="us-east-1", account="0" * 12)


def test_other_resources_stay_as_they_are() -> None:
    resources = {
        "A": {"Type": "AWS::S3::Bucket", "DependsOn": ["B"], "Properties": {"Tags": [{"Key": "Ref", "Value": "A"}]}},
        "B": {"Type": "AWS::S3::Bucket", "DependsOn": "A"},
    }

    assert pruned(resources)["Resources"] == {
        "A": resources["A"],
        "B": {"Type": "AWS::S3::Bucket", "DependsOn": ["A"]},
    }


def test_references_to_what_is_gone_become_texts() -> None:
    resources = {
        "Gone": {"Type": "AWS::X::Gone"},
        "Kept": {
            "Type": "AWS::S3::Bucket",
            "DependsOn": ["Gone", "Other"],
            "Properties": {
                "Ref": {"Ref": "Gone"},
                "GetAtt": [{"Fn::GetAtt": ["Gone", "Arn"]}],
                "Sub": {"Fn::Sub": "${Gone}/${Gone.Arn}/${Other}/${AWS::Region}"},
                "Other": {"Ref": "Other"},
            },
        },
        "Other": {"Type": "AWS::S3::Bucket"},
    }

    assert pruned(resources)["Resources"] == {
        "Kept": {
            "Type": "AWS::S3::Bucket",
            "DependsOn": ["Other"],
            "Properties": {
                "Ref": "Gone",
                "GetAtt": ["Gone.Arn"],
                "Sub": {"Fn::Sub": "Gone/Gone.Arn/${Other}/${AWS::Region}"},
                "Other": {"Ref": "Other"},
            },
        },
        "Other": {"Type": "AWS::S3::Bucket"},
    }


def test_an_instance_that_is_gone_leaves_an_arn_and_its_id() -> None:
    resources = {
        "Made": {"Type": "AWS::Connect::Instance"},
        "Kept": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"Arn": {"Fn::GetAtt": ["Made", "Arn"]}, "Id": {"Fn::GetAtt": ["Made", "Id"]}},
        },
    }

    properties = pruned(resources)["Resources"]["Kept"]["Properties"]

    assert properties["Arn"] == f"arn:aws:connect:us-east-1:000000000000:instance/{properties['Id']}"


def test_outputs_of_what_is_gone_go() -> None:
    outputs = {
        "Gone": {"Value": {"Fn::Join": ["", [{"Fn::GetAtt": ["Gone", "Arn"]}, "/x"]]}},
        "Sub": {"Value": {"Fn::Sub": "a ${Gone.Arn}"}},
        "Kept": {"Value": {"Ref": "Kept"}},
    }

    assert pruned({"Gone": {"Type": "AWS::X::Gone"}}, outputs)["Outputs"] == {"Kept": outputs["Kept"]}


def test_outputs_of_a_nested_stack_stay_since_the_outer_one_may_refer_to_them() -> None:
    template = {
        "Resources": {"Gone": {"Type": "AWS::X::Gone"}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Gone", "Arn"]}}},
    }

    nested = without_resources(template, {"Gone"}, region="us-east-1", account="000000000000", nested=True)

    assert nested["Outputs"] == {"Arn": {"Value": "Gone.Arn"}}


def test_alarms_on_metric_math_are_found_and_others_are_not() -> None:
    alarm = "AWS::CloudWatch::Alarm"
    resources = {
        "Math": {"Type": alarm, "Properties": {"Metrics": [{"Id": "sum", "Expression": "a + b"}]}},
        "Plain": {"Type": alarm, "Properties": {"MetricName": "Errors"}},
        "Other": {"Type": "AWS::X::Y"},
    }

    assert metric_math_alarms({"Resources": resources}) == {"Math"}


def test_demands_for_tls_go_from_queue_policies_and_nothing_else_does() -> None:
    demand = {"Effect": "Deny", "Action": "sqs:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    other = {"Effect": "Deny", "Action": "sqs:SendMessage", "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}
    template: dict[str, Any] = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"PolicyDocument": {"Statement": [demand, other]}},
            },
            "Bucket": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Statement": [demand]}}},
        }
    }

    assert remove_tls_requirements_from(template) == 1
    assert template["Resources"]["Policy"]["Properties"] == {"PolicyDocument": {"Statement": [other]}}
    assert template["Resources"]["Bucket"]["Properties"] == {"PolicyDocument": {"Statement": [demand]}}
