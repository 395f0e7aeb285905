"""checkov, which runs in an environment of its own, because it has many dependencies."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

from connect_constructs._findings import FINDINGS
from tests.constructs.findings.rule_packs import STACKS, acknowledge_all, users_stack, without_acknowledgments
from tools.findings_table import PAGE

_CHECKOV = Path(__file__).resolve().parents[3] / ".venv" / "checkers" / "bin" / "checkov"

pytestmark = pytest.mark.skipif(not _CHECKOV.exists(), reason="checkov is missing (make checkers-setup)")

# A check and the logical id of a resource.
Findings = set[tuple[str, str]]


class Report:
    """One run over all templates, because most of the time is checkov's start."""

    def __init__(self, folder: Path) -> None:
        self.templates: dict[str, Mapping[str, Any]] = {}
        for name, new_stack in STACKS.items():
            stack = new_stack()
            acknowledge_all(stack)
            template = Template.from_stack(stack).to_json()
            self.templates[f"{name}-acknowledged"] = template
            self.templates[name] = without_acknowledgments(template)
        self.templates["users"] = Template.from_stack(users_stack()).to_json()
        for name, template in self.templates.items():
            (folder / f"{name}.template.json").write_text(json.dumps(template), encoding="utf-8")
        command = [str(_CHECKOV), "--directory", str(folder), "--framework", "cloudformation", "--output", "json"]
        # It asks its platform for nothing without a key.
        environment = {name: value for name, value in os.environ.items() if name not in ("BC_API_KEY", "PYTHONPATH")}
        done = subprocess.run(
            [*command, "--skip-download", "--skip-results-upload", "--compact"],
            capture_output=True,
            check=False,
            cwd=folder,
            env=environment,
            text=True,
        )
        assert done.returncode in (0, 1), done.stderr
        self._results = json.loads(done.stdout)["results"]
        assert not self._results["parsing_errors"]

    def failed(self, name: str) -> Findings:
        return self._of("failed_checks", name)

    def skipped(self, name: str) -> Findings:
        return self._of("skipped_checks", name)

    def skips_in_template(self, name: str) -> Findings:
        return {
            (skip["id"], logical_id)
            for logical_id, resource in self.templates[name]["Resources"].items()
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
        }

    def _of(self, outcome: str, name: str) -> Findings:
        return {
            (check["check_id"], check["resource"].rpartition(".")[2])
            for check in self._results[outcome]
            if check["file_path"] == f"/{name}.template.json"
        }


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return Report(tmp_path_factory.mktemp("templates"))


@pytest.mark.parametrize("name", STACKS)
def test_acknowledges_each_finding_where_it_is_and_nothing_else(name: str, report: Report) -> None:
    acknowledged = f"{name}-acknowledged"
    left = set()
    if name == "maximal_queue":
        # The policy of the user's key, which names the organization that may send. It is not a resource of ours.
        (key,) = (id_ for id_, each in report.templates[name]["Resources"].items() if each["Type"] == "AWS::KMS::Key")
        left = {("CKV_AWS_33", key)}

    assert report.failed(acknowledged) == left
    assert report.skipped(acknowledged) == report.failed(name) - left
    assert report.skips_in_template(acknowledged) == report.failed(name) - left
    assert report.skipped(name) == set()


def test_each_check_of_the_table_finds_something(report: Report) -> None:
    found = {check for name in STACKS for check, _ in report.failed(name)}

    in_table = {rule for finding in FINDINGS for rule in finding.rules if rule.startswith("CKV")}
    assert found - {"CKV_AWS_33"} == in_table


def test_options_mend_findings(report: Report) -> None:
    assert {check for check, _ in report.failed("maximal")} == {"CKV_AWS_111", "CKV_AWS_116", "CKV_AWS_120"}


def test_page_has_the_counts(report: Report) -> None:
    row = f"| checkov | {len(report.failed('minimal'))} | {len(report.failed('maximal'))} | 0 |\n"

    assert row in PAGE.read_text(encoding="utf-8")


def test_dangerous_statements_of_users_are_still_reported(report: Report) -> None:
    (policy,) = (
        logical_id
        for logical_id, resource in report.templates["users"]["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and logical_id.startswith("ApiFunction")
    )
    found = {check for check, logical_id in report.failed("users") if logical_id == policy}

    # Data exfiltration, permissions management, privilege escalation, and writing without constraints. No policy of
    # ours has the first three.
    assert found >= {"CKV_AWS_108", "CKV_AWS_109", "CKV_AWS_110", "CKV_AWS_111"}
