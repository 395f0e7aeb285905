"""cfn-lint, in all Regions that have Amazon Connect. It also judges the actions and resources of policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from aws_cdk.assertions import Template
from cfnlint.api import ManualArgs, lint

from tests.constructs.findings.rule_packs import STACKS, acknowledge_all
from tests.constructs.stacks import maximal_queue_stack, queue_stack

_REGIONS = [
    region
    for partition in boto3.Session().get_available_partitions()
    for region in boto3.Session().get_available_regions("connect", partition)
]


def _findings(template: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The rules and the logical ids that they find something in."""
    # I3510, whether an action takes such a resource, is off by default.
    config = ManualArgs(regions=_REGIONS, include_checks=["I3510"])
    matches = lint(json.dumps(template), config=config)
    return {(match.rule.id, str(match.path[1])) for match in matches}


def test_regions_are_those_of_amazon_connect() -> None:
    assert {"us-east-1", "eu-central-1", "us-gov-west-1"} <= set(_REGIONS)


# The varied stack would take seconds, and has no other types of resources or policies.
@pytest.mark.parametrize("name", [name for name in STACKS if name != "varied"])
def test_finds_nothing_but_what_is_acknowledged(name: str) -> None:
    stack = STACKS[name]()
    acknowledge_all(stack)

    assert _findings(Template.from_stack(stack).to_json()) == set()


def test_acknowledges_what_is_found_without() -> None:
    template = Template.from_stack(queue_stack())

    assert _findings(template.to_json()) == {
        ("W3005", function) for function in template.find_resources("AWS::Lambda::Function")
    }


# Not those of REST APIs, which the tests of the endpoint state whole.
def test_judges_the_actions_and_resources_of_policies() -> None:
    stack = maximal_queue_stack()
    acknowledge_all(stack)
    template = Template.from_stack(stack).to_json()
    by_type = {resource["Type"]: (id_, resource["Properties"]) for id_, resource in template["Resources"].items()}
    (policy_id, policy), (key_id, key), (queue_policy_id, queue_policy) = (
        by_type[type_] for type_ in ("AWS::IAM::Policy", "AWS::KMS::Key", "AWS::SQS::QueuePolicy")
    )
    policy["PolicyDocument"]["Statement"] += [
        {"Effect": "Allow", "Action": "connect:UpdateContacts", "Resource": "*"},
        {"Effect": "Allow", "Action": "connect:UpdateContact", "Resource": "arn:aws:sqs:us-east-1:111122223333:queue"},
    ]
    key["KeyPolicy"]["Statement"][0]["Action"] = "kms:Everything"
    queue_policy["PolicyDocument"]["Statement"][0]["Action"] = "sqs:Call"

    assert _findings(template) == {
        ("W3037", policy_id),
        ("I3510", policy_id),
        ("W3037", key_id),
        ("W3037", queue_policy_id),
    }
