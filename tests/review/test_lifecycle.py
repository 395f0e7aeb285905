"""Removed, replaced and renamed resources, and what refers to them."""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs._review.findings import Finding
from tests.review.templates import Json, all_findings, allow, findings, policy, resource, role, rules, template

RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def queue(**properties: Any) -> Json:
    return resource("AWS::SQS::Queue", properties)


def one(old: Json, new: Json) -> Finding:
    (found,) = findings(old, new)
    return found


@pytest.mark.parametrize(
    ("old_policy", "new_policy", "said"),
    [
        ({}, RETAINED, "lost for good"),
        ({"DeletionPolicy": "Delete"}, RETAINED, "lost for good"),
        ({"DeletionPolicy": "Retain"}, {}, "stranded"),
        ({"DeletionPolicy": "RetainExceptOnCreate"}, {}, "stranded"),
        ({"DeletionPolicy": "Snapshot"}, {}, "snapshot"),
    ],
)
def test_removal_follows_the_old_templates_policy(old_policy: Json, new_policy: Json, said: str) -> None:
    old = template(
        {
            "It": resource("AWS::RDS::DBCluster", **old_policy)
            if "Snapshot" in old_policy.values()
            else resource("AWS::SQS::Queue", **old_policy)
        }
    )
    # What the new template says of others is of no effect.
    new = template({"Other": resource("AWS::SNS::Topic", **new_policy)})

    assert said in one(old, new).why


def test_database_without_a_policy_leaves_a_snapshot() -> None:
    found = one(template({"D": resource("AWS::RDS::DBInstance")}), template({"T": resource("AWS::SNS::Topic")}))
    assert "had no DeletionPolicy, which means Snapshot" in found.what


@pytest.mark.parametrize(
    ("old_policy", "new_policy", "said"),
    [
        (RETAINED, RETAINED, "stranded"),
        ({}, RETAINED, "lost for good"),
        ({"DeletionPolicy": "Retain"}, {"DeletionPolicy": "Retain"}, "lost for good"),
    ],
)
def test_replacement_follows_the_weaker_update_replace_policy(old_policy: Json, new_policy: Json, said: str) -> None:
    old = template({"Q": resource("AWS::SQS::Queue", {"FifoQueue": True}, **old_policy)})
    new = template({"Q": resource("AWS::SQS::Queue", {}, **new_policy)})

    (found, *_) = findings(old, new)

    assert (found.rule, said in found.why) == ("data-replaced", True)


def test_conditional_replacement_may_replace() -> None:
    old, new = (template({"D": resource("AWS::RDS::DBInstance", {"Engine": engine})}) for engine in ("a", "b"))
    assert "may be replaced, because Engine changes" in one(old, new).what


def test_nested_property_that_replaces_is_found() -> None:
    def instance(key: str) -> Json:
        mapping = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": key}}
        return template({"I": resource("AWS::EC2::Instance", {"BlockDeviceMappings": [mapping]})})

    assert "is replaced, because BlockDeviceMappings.Ebs.KmsKeyId changes" in one(instance("a"), instance("b")).what


def test_replacement_takes_along_what_refers_to_it() -> None:
    def api(protocol: str) -> Json:
        return template(
            {
                "Api": resource("AWS::ApiGatewayV2::Api", {"Name": "a", "ProtocolType": protocol}),
                "Stage": resource("AWS::ApiGatewayV2::Stage", {"ApiId": {"Ref": "Api"}, "StageName": "s"}),
                "Route": resource(
                    "AWS::ApiGatewayV2::Route",
                    {"ApiId": {"Ref": "Api"}, "RouteKey": "POST /", "AuthorizationType": "AWS_IAM"},
                ),
            },
            Outputs={"Url": {"Value": {"Fn::Sub": "https://${Api}.example"}}},
        )

    found = findings(api("HTTP"), api("WEBSOCKET"))

    assert [(each.rule, each.resource) for each in found] == [
        ("identity-replaced", "Api"),
        ("identity-replaced", "Stage"),
    ]
    assert found[0].related == ("output Url", "Route", "Stage")
    assert "output Url" in found[0].why
    assert "ApiId refers to Api, which is replaced" in found[1].what


def test_stateful_resource_that_is_taken_along_is_data() -> None:
    def cluster(subnet_description: str) -> Json:
        return template(
            {
                "Subnets": resource("AWS::ElastiCache::SubnetGroup", {"CacheSubnetGroupName": subnet_description}),
                "Cache": resource("AWS::ElastiCache::CacheCluster", {"CacheSubnetGroupName": {"Ref": "Subnets"}}),
            }
        )

    assert "data-replaced" in rules(findings(cluster("one"), cluster("other")))


def test_renamed_stateful_resource_is_data() -> None:
    found = one(template({"Q": queue(VisibilityTimeout=30)}), template({"R": queue(VisibilityTimeout=30)}))
    assert (found.rule, found.old, found.new) == ("data-replaced", "Q", "R")


def test_renamed_resource_with_a_physical_name_will_fail() -> None:
    found = one(template({"Q": queue(QueueName="q")}), template({"R": queue(QueueName="q", VisibilityTimeout=60)}))
    assert (found.rule, found.class_.slug) == ("deployment-fails", "deployment")
    assert "with the same physical name q" in found.what


def test_replaced_resource_that_keeps_its_physical_name_will_fail() -> None:
    old = template({"T": resource("AWS::SNS::Topic", {"TopicName": "t"})})
    new = template({"T": resource("AWS::SNS::Topic", {"TopicName": "t", "FifoTopic": True})})
    assert one(old, new).rule == "deployment-fails"


def test_second_method_of_a_path_under_another_id_will_fail() -> None:
    properties = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Ref": "R"},
        "HttpMethod": "POST",
        "AuthorizationType": "AWS_IAM",
    }
    api = {"Api": resource("AWS::ApiGateway::RestApi"), "R": resource("AWS::ApiGateway::Resource", {"PathPart": "x"})}
    old = template({**api, "M": resource("AWS::ApiGateway::Method", properties)})
    new = template({**api, "N": resource("AWS::ApiGateway::Method", {**properties, "ApiKeyRequired": True})})
    assert one(old, new).rule == "deployment-fails"


def test_whole_construct_that_is_renamed_is_followed() -> None:
    def renamed(prefix: str) -> Json:
        queue_arn = {"Fn::GetAtt": [f"{prefix}Queue", "Arn"]}
        return template(
            {
                f"{prefix}Queue": queue(),
                f"{prefix}Role": role(allow("sqs:ReceiveMessage", queue_arn)),
                f"{prefix}Function": resource(
                    "AWS::Lambda::Function", {"Role": {"Fn::GetAtt": [f"{prefix}Role", "Arn"]}}
                ),
                f"{prefix}Policy": resource(
                    "AWS::SQS::QueuePolicy",
                    {"Queues": [{"Ref": f"{prefix}Queue"}], "PolicyDocument": policy(allow("sqs:*", queue_arn))},
                ),
            }
        )

    found = findings(renamed("Old"), renamed("New"))

    # No permission is reported, because the same identities have them.
    assert sorted((each.rule, each.resource) for each in found) == [
        ("data-replaced", "NewQueue"),
        ("identity-replaced", "NewFunction"),
        ("identity-replaced", "NewRole"),
    ]


def test_twins_that_are_renamed_are_paired_one_by_one() -> None:
    old = template({"A": queue(), "B": queue()})
    new = template({"C": queue(), "D": queue()})
    assert rules(findings(old, new)) == ["data-replaced", "data-replaced"]


def test_type_that_the_facts_lack_is_unknown() -> None:
    old, new = (template({"It": resource("AWS::Made::Up", {"Value": value})}) for value in "ab")
    found = one(old, new)
    assert (found.rule, found.class_.slug, found.aspect and found.aspect.value) == (
        "type-unknown",
        "unknown",
        "create-only",
    )


def test_custom_resource_is_unknown() -> None:
    old, new = (template({"It": resource("Custom::Thing", {"ServiceToken": "t", "Value": v})}) for v in "ab")
    assert "Read the function's code" in one(old, new).todo


def test_unchanged_resource_of_an_unknown_type_is_no_finding() -> None:
    both = template({"It": resource("AWS::Made::Up", {"Value": "a"})})
    assert all_findings(both, both) == []


def test_macro_is_unknown_where_the_template_changes() -> None:
    def with_macro(timeout: int) -> Json:
        return template({"Q": queue(VisibilityTimeout=timeout)}, Transform="AWS::Serverless-2016-10-31")

    assert rules(findings(with_macro(30), with_macro(60))) == ["macro-not-expanded"]
    assert all_findings(with_macro(30), with_macro(30)) == []


INCLUDE = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/file"}}}


def test_macro_in_a_template_or_its_properties_is_unknown() -> None:
    plain = template({"T": resource("AWS::SNS::Topic")})
    assert rules(findings(plain, {**plain, **INCLUDE})) == ["macro-not-expanded"]
    computed = template({"T": resource("AWS::SNS::Topic", INCLUDE)})
    assert rules(findings(plain, computed)) == ["macro-not-expanded"]
    assert findings(computed, computed) == []


def test_loop_is_unknown() -> None:
    def loop(names: list[str]) -> Json:
        body = {"Queue${Name}": resource("AWS::SQS::Queue")}
        return template({"Fn::ForEach::Queues": ["Name", names, body]}, Transform="AWS::LanguageExtensions")

    assert rules(findings(loop(["a"]), loop(["a", "b"]))) == ["macro-not-expanded", "macro-not-expanded"]


def outputs(**others: Any) -> Json:
    return template({"T": resource("AWS::SNS::Topic")}, Outputs={"Arn": {"Value": {"Ref": "T"}, **others}})


def test_records_of_a_name_differ_by_their_type() -> None:
    def record(kind: str, **properties: Any) -> Json:
        return resource(
            "AWS::Route53::RecordSet", {"Name": "a.example.", "HostedZoneId": "Z", "Type": kind, **properties}
        )

    a, aaaa, again = record("A", TTL="60"), record("AAAA", TTL="60"), record("A", TTL="300")
    assert "deployment-fails" not in rules(findings(template({"One": a}), template({"Two": aaaa})))
    assert "deployment-fails" in rules(findings(template({"One": a}), template({"Two": again})))


def task_definition(**properties: Any) -> Json:
    return resource("AWS::ECS::TaskDefinition", {"Family": "f", "Cpu": "256", **properties})


def test_new_revision_of_a_task_definition_is_no_new_identity() -> None:
    old, new = template({"T": task_definition()}), template({"T": task_definition(Cpu="512")})
    assert findings(old, new) == []
    assert rules(findings(old, template({"T": task_definition(Family="g")}))) == ["identity-replaced"]
    outputs = {"Arn": {"Value": {"Ref": "T"}}}
    assert rules(findings({**old, "Outputs": outputs}, {**new, "Outputs": outputs})) == ["identity-replaced"]


def test_removed_alarm_is_one_finding() -> None:
    alarm = resource("AWS::CloudWatch::Alarm", {"AlarmName": "a"})
    dashboard = resource("AWS::CloudWatch::Dashboard", {"DashboardName": "d"})
    topic = resource("AWS::SNS::Topic")
    old, new = template({"A": alarm, "D": dashboard, "T": topic}), template({"T": topic})
    assert rules(findings(old, new)) == ["alarm-removed"]


def test_changed_output_is_identity() -> None:
    found = one(outputs(), outputs(Value="other"))
    assert (found.rule, found.class_.slug) == ("output-changed", "identity")


def test_removed_export_is_identity() -> None:
    assert one(outputs(Export={"Name": "e"}), outputs()).rule == "export-removed"
    assert one(outputs(Export={"Name": "e"}), outputs(Export={"Name": "f"})).rule == "export-removed"


def test_export_that_moves_to_another_output_stays() -> None:
    old = outputs(Export={"Name": "e"})
    new = {**old, "Outputs": {"Other": old["Outputs"]["Arn"]}}
    assert rules(findings(old, new)) == ["output-changed"]


def test_every_other_change_has_a_line() -> None:
    base = template({"Q": queue(VisibilityTimeout=30)})
    changed: list[tuple[Json, str]] = [
        (template({"Q": queue(VisibilityTimeout=60)}), "VisibilityTimeout (30 → 60)"),
        (template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}, DependsOn="X")}), "DependsOn"),
        (template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}, Metadata={"m": 1})}), "Metadata"),
        (
            template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}, DeletionPolicy="Retain")}),
            "DeletionPolicy",
        ),
        (template({**base["Resources"], "T": resource("AWS::SNS::Topic")}), "AWS::SNS::Topic is added"),
        (template(base["Resources"], Outputs={"O": {"Value": "x"}}), "The output O is added"),
        (template(base["Resources"], Hooks={"h": 1}), "Hooks has changed"),
    ]
    for new, said in changed:
        (found,) = all_findings(base, new)
        assert (found.class_.slug, said in found.what) == ("other", True), found


def test_inline_code_is_said_not_to_be_compared() -> None:
    old, new = (template({"F": resource("AWS::Lambda::Function", {"Code": {"ZipFile": code}})}) for code in "ab")
    (found,) = all_findings(old, new)
    assert "code, which is not compared" in found.what


def test_value_that_may_be_secret_is_in_no_line() -> None:
    old, new = (
        template({"F": resource("AWS::Lambda::Function", {"Environment": {"Variables": {"API_TOKEN": value}}})})
        for value in ("before", "after")
    )
    (found,) = all_findings(old, new)
    assert "API_TOKEN" in found.what
    assert "after" not in found.what


def test_ids_stay_and_differ_by_what_changes() -> None:
    old = template({"Q": queue(VisibilityTimeout=30)})
    same = [all_findings(old, template({"Q": queue(VisibilityTimeout=60)}))[0].id for _ in range(2)]
    other = all_findings(old, template({"Q": queue(VisibilityTimeout=90)}))[0].id
    assert same[0] == same[1] != other
