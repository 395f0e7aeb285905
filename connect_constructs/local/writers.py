"""Ways to update contacts without an endpoint: queues that accept updates, and principals with a grant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.clients import Clients
from connect_constructs.local.rest_api import instance_arn_of


@dataclass(frozen=True)
class UpdateQueue:
    """A FIFO queue whose consumer is a function bound to an instance."""

    region: str
    url: str
    instance_arn: str
    # The function applies other callers' updates, so its permission is not one of the app's grants.
    function_role_arn: str


@dataclass(frozen=True)
class Grant:
    """A role, user or managed policy, and what it may do in Amazon Connect itself."""

    arn: str
    # In the contract's order.
    operations: tuple[str, ...]
    # A contact ARN that the grant covers.
    contact_arn: str


def update_queues(region: str, clients: Clients) -> Iterator[UpdateQueue]:
    """The queues in one Region."""
    lambda_, sqs = clients("lambda", region), clients("sqs", region)
    for page in lambda_.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            queue_name = mapping["EventSourceArn"].rpartition(":")[2]
            function = lambda_.get_function_configuration(FunctionName=mapping["FunctionArn"])
            instance_arn = instance_arn_of(function)
            if instance_arn and queue_name.endswith(".fifo"):
                url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
                yield UpdateQueue(region, url, instance_arn, function["Role"])


def grants(arns: Sequence[str], instance_arns: Sequence[str], clients: Clients) -> Iterator[Grant]:
    """What the roles, users and managed policies with these ARNs allow on contacts of these instances.

    The answer comes from IAM's policy simulator, with the deployed policies.
    """
    iam = clients("iam")
    for arn in arns:
        for instance_arn in instance_arns:
            contact_arn = f"{instance_arn}/contact/any"
            question = {
                "ActionNames": [f"connect:{name}" for name in service_model()["operations"]],
                "ResourceArns": [contact_arn],
            }
            results = _simulate(arn, question, iam)["EvaluationResults"]
            allowed = {result["EvalActionName"] for result in results if result["EvalDecision"] == "allowed"}
            if allowed:
                operations = tuple(name for name in service_model()["operations"] if f"connect:{name}" in allowed)
                yield Grant(arn, operations, contact_arn)


def _simulate(arn: str, question: dict[str, Any], iam: Any) -> Any:
    if ":policy/" not in arn:
        return iam.simulate_principal_policy(PolicySourceArn=arn, **question)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return iam.simulate_custom_policy(PolicyInputList=[json.dumps(document)], **question)
