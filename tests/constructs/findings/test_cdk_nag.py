"""cdk-nag's rule packs, without and with `acknowledge_findings`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template
from cdk_nag import (
    AwsSolutionsChecks,
    HIPAASecurityChecks,
    NIST80053R4Checks,
    NIST80053R5Checks,
    PCIDSS321Checks,
    ServerlessChecks,
)

from connect_constructs._findings import FINDINGS
from tests.constructs.findings.rule_packs import (
    STACKS,
    acknowledge_all,
    cdk_nag_acknowledgments,
    unaffected_stack,
    users_stack,
)
from tests.constructs.stacks import CONTACT_ARNS, INSTANCE_ARN
from tools.findings_table import PAGE, SECTION, table
from tools.page_sections import section

PACKS: dict[str, Callable[[Any], Any]] = {
    "AwsSolutions": AwsSolutionsChecks,
    "Serverless": ServerlessChecks,
    "NIST.800.53.R4": NIST80053R4Checks,
    "NIST.800.53.R5": NIST80053R5Checks,
    "HIPAA.Security": HIPAASecurityChecks,
    "PCI.DSS.321": PCIDSS321Checks,
}
Findings = set[tuple[str, str]]


class Judged(NamedTuple):
    found: Findings
    acknowledged: Findings
    left: Findings


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return {name: _judged(new_stack()) for name, new_stack in STACKS.items()}


def _judged(stack: Stack) -> Judged:
    found = cdk_nag_findings(stack)
    acknowledge_all(stack)
    Template.from_stack(stack)
    return Judged(found, cdk_nag_acknowledgments(stack), cdk_nag_findings(stack))


@pytest.mark.parametrize("name", STACKS)
def test_acknowledges_each_finding_where_it_is_and_nothing_else(name: str, judged: dict[str, Judged]) -> None:
    found, acknowledged, left = judged[name]

    assert acknowledged == found
    assert left == set()


def test_each_rule_of_the_table_finds_something(judged: dict[str, Judged]) -> None:
    found = {_without_detail(rule) for each in judged.values() for rule, _ in each.found}

    in_table = {_without_detail(rule) for finding in FINDINGS for rule in finding.rules}
    assert found == {rule for rule in in_table if rule.startswith(tuple(PACKS))}


def test_options_mend_findings(judged: dict[str, Judged]) -> None:
    # What remains with every option, in the packs that most accounts use.
    packs = ("AwsSolutions", "Serverless", "NIST.800.53.R5")

    assert {
        rule for rule, path in judged["maximal"].found if path.startswith("ContactUpdates") and rule.startswith(packs)
    } == {
        "AwsSolutions-APIG2",
        "AwsSolutions-APIG3",
        "AwsSolutions-APIG6",
        "AwsSolutions-COG4",
        f"AwsSolutions-IAM5[Resource::{CONTACT_ARNS}]",
        # Of the VPC and tracing.
        "AwsSolutions-IAM5[Resource::*]",
        "AwsSolutions-L1",
        "NIST.800.53.R5-APIGWAssociatedWithWAF",
        "NIST.800.53.R5-APIGWCacheEnabledAndEncrypted",
        "NIST.800.53.R5-APIGWExecutionLoggingEnabled",
        "NIST.800.53.R5-APIGWSSLEnabled",
        "NIST.800.53.R5-IAMNoInlinePolicy",
        "NIST.800.53.R5-LambdaDLQ",
        "Serverless-LambdaDLQ",
        "Serverless-LambdaLatestVersion",
    }


def test_page_has_the_counts(judged: dict[str, Judged]) -> None:
    rows = "".join(
        f"| cdk-nag {pack} | {_count(judged['minimal'], pack)} | {_count(judged['maximal'], pack)} | 0 |\n"
        for pack in PACKS
    )

    assert rows in PAGE.read_text(encoding="utf-8")


def test_page_has_the_table() -> None:
    assert section(PAGE, SECTION) == table().strip(), "make findings-table writes the table"


def test_what_users_add_is_still_reported() -> None:
    stack = users_stack()
    Template.from_stack(stack)

    left = cdk_nag_findings(stack)

    policy = "Api/Function/Role/DefaultPolicy/Resource"
    aws_solutions = {each for each in left if each[0].startswith("AwsSolutions")}
    assert aws_solutions == {
        ("AwsSolutions-S1", "Beside/Resource"),
        ("AwsSolutions-S10", "Beside/Resource"),
        ("AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/ReadOnlyAccess]", "Account/Role/Resource"),
        ("AwsSolutions-SQS3", "Api/Queue/Resource"),
        ("AwsSolutions-SQS4", "Api/Queue/Resource"),
        ("AwsSolutions-APIG4", "Api/RestApi/Default/health/GET/Resource"),
        ("AwsSolutions-COG4", "Api/RestApi/Default/health/GET/Resource"),
        # The VPC needs a statement on everything, too, and the endpoint one on the instance's contacts.
        ("AwsSolutions-IAM5[Resource::*]", policy),
        (f"AwsSolutions-IAM5[Resource::{CONTACT_ARNS}]", policy),
        ("AwsSolutions-IAM5[Action::s3:*]", policy),
        ("AwsSolutions-IAM5[Resource::arn:aws:s3:::*]", policy),
        (f"AwsSolutions-IAM5[Resource::{INSTANCE_ARN}0/contact/*]", policy),
        (f"AwsSolutions-IAM5[Resource::{CONTACT_ARNS}]", "BehindQueue/Function/Role/DefaultPolicy/Resource"),
        (f"AwsSolutions-IAM5[Resource::{CONTACT_ARNS}]", "Role/DefaultPolicy/Resource"),
    }
    # In all packs, what is left is below something of the user's, or is about what the user allowed.
    users = ("Beside/", "Api/Queue/", "Api/RestApi/Default/health/", "Role/")
    rest = {(rule.rpartition("-")[2], path) for rule, path in left - aws_solutions if not path.startswith(users)}
    assert rest == {("IAMPolicyNoStatementsWithFullAccess", policy)}


def test_other_stacks_are_unaffected(judged: dict[str, Judged]) -> None:
    stack = unaffected_stack()
    Template.from_stack(stack)

    assert cdk_nag_findings(stack) == judged["minimal"].found
    assert {path.partition("/")[0] for _, path in cdk_nag_acknowledgments(stack)} == {"Other"}


def _count(judged: Judged, pack: str) -> int:
    return sum(rule.startswith(f"{pack}-") for rule, _ in judged.found)


def cdk_nag_findings(stack: Stack) -> set[tuple[str, str]]:
    """What the packs find, as rule and path in the stack."""
    return {
        (violation.rule_name, str(resource.construct_path).removeprefix(f"{stack.node.path}/"))
        for pack in PACKS.values()
        for violation in pack(stack.node.root).validate_scope(stack).violations
        for resource in violation.violating_resources
    }


def _without_detail(rule: str) -> str:
    return rule.partition("[")[0]
