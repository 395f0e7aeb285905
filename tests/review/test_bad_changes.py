"""Eight changes of this project's largest stack that nobody should merge unseen: each is found, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.review.corpus import stacks
from tests.review.templates import Json, findings, rules


@pytest.fixture(scope="module")
def stack() -> Json:
    return stacks()["maximal_queue_template"]


def of_type(template: Json, type_name: str) -> Iterator[tuple[str, Json]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == type_name:
            yield name, resource


def queue_id(template: Json) -> str:
    return next(name for name, queue in of_type(template, "AWS::SQS::Queue") if "RedrivePolicy" in queue["Properties"])


def queue(template: Json) -> Json:
    found: Json = template["Resources"][queue_id(template)]
    return found


def authorization_off(template: Json) -> None:
    for _, method in of_type(template, "AWS::ApiGateway::Method"):
        if method["Properties"]["HttpMethod"] == "POST":
            method["Properties"]["AuthorizationType"] = "NONE"


def policy_widened(template: Json) -> None:
    for _, policy in of_type(template, "AWS::IAM::Policy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if str(statement["Action"]).startswith("connect:"):
                statement["Action"] = "connect:*"


def queue_renamed(template: Json) -> None:
    renamed: Any = json.loads(json.dumps(template).replace(queue_id(template), "RenamedQueue1A2B3C4D"))
    template.clear()
    template.update(renamed)


def deletion_policy_gone(template: Json) -> None:
    queue(template).update(DeletionPolicy="Delete", UpdateReplacePolicy="Delete")


def encryption_key_removed(template: Json) -> None:
    del queue(template)["Properties"]["KmsMasterKeyId"]


def throttle_gone(template: Json) -> None:
    for _, stage in of_type(template, "AWS::ApiGateway::Stage"):
        for settings in stage["Properties"]["MethodSettings"]:
            del settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]


def dead_letter_queue_gone(template: Json) -> None:
    del queue(template)["Properties"]["RedrivePolicy"]


def trust_opened(template: Json) -> None:
    _, role = next(of_type(template, "AWS::IAM::Role"))
    opened = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    role["Properties"]["AssumeRolePolicyDocument"]["Statement"].append(opened)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (authorization_off, ["api-authorization-off"]),
        (policy_widened, ["permission-widened"]),
        (queue_renamed, ["data-replaced"]),
        (deletion_policy_gone, ["deletion-policy-weakened"] * 2),
        (encryption_key_removed, ["encryption-key-removed"]),
        (throttle_gone, ["throttle-weakened"] * 2),
        (dead_letter_queue_gone, ["dead-letters-removed"]),
        (trust_opened, ["trust-opened"]),
    ],
)
def test_bad_change_is_found_and_nothing_else(stack: Json, change: Callable[[Json], None], expected: list[str]) -> None:
    changed = copy.deepcopy(stack)
    change(changed)

    found = findings(stack, changed)

    assert rules(found) == expected
    assert all(1 <= one.class_.value <= 6 for one in found)
