"""The command's options, its report and its exit status."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import ContextType, UsageError, add_context_options, read_settings

_OK, _ACTION_NEEDED, _USAGE = 0, 1, 2

_DESCRIPTION = """\
Checks whether the deployment and the first update would succeed, with your
credentials and read-only calls: credentials, Region, CDK bootstrap, API
Gateway's CloudWatch role, the instance, Amazon Connect's quotas, and Lambda's
concurrency.
"""
_EPILOG = """\
exit status:
  0  no problem found, perhaps with warnings or unknown results
  1  something would make the deployment or the first update fail
  2  wrong usage, or boto3 is missing

A missing permission is reported as unknown, which is not a failure.
"""


def add_to(commands: Any, context_type: ContextType) -> None:
    """Add the command to the subparsers `commands`.

    :param context_type: Parses the value of `-c`.
    """
    parser = commands.add_parser(
        "doctor",
        help="check whether an AWS account is ready for the deployment",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_context_options(parser, context_type)
    parser.add_argument(
        "--region",
        metavar="NAME",
        help="the Region, if the context has none. Default: the one that cdk deploy would use, from the environment, "
        "the profile or EC2",
    )
    parser.add_argument(
        "--quick", action="store_true", help="skip the quotas and Lambda's concurrency, which cannot stop a deployment"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "cdk_flags",
        nargs="*",
        metavar="-- CDK_FLAGS",
        help="flags for cdk deploy; only -c and --profile are used",
    )
    parser.set_defaults(run=lambda options: _run(options, context_type))


def _run(options: argparse.Namespace, context_type: ContextType) -> int:
    if not importlib.util.find_spec("boto3"):
        print("boto3 is missing: pip install 'connect-constructs[local]'", file=sys.stderr)
        return _USAGE
    try:
        settings = read_settings(options, context_type, Path.cwd())
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return _USAGE
    from connect_constructs.doctor.examination import examine

    findings = examine(settings, quick=options.quick)
    print(_as_json(findings) if options.json else _as_text(findings), flush=True)
    return _ACTION_NEEDED if any(finding.status is Status.ACTION_NEEDED for finding in findings) else _OK


def _as_json(findings: list[Finding]) -> str:
    return json.dumps({"checks": [{**vars(finding), "status": finding.status.value} for finding in findings]}, indent=2)


def _as_text(findings: list[Finding]) -> str:
    status_width = max(len(status.value) for status in Status)
    name_width = max(len(finding.check) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status.value:<{status_width}}  {finding.check:<{name_width}}  {finding.found}")
        if finding.todo:
            lines.append(f"{'':<{status_width}}  {'':<{name_width}}  -> {finding.todo}")
    return "\n".join([*lines, "", _summary(findings)])


def _summary(findings: list[Finding]) -> str:
    counts = Counter(finding.status for finding in findings)
    others = [f"{counts[status]} {status.value}" for status in (Status.WARNING, Status.UNKNOWN) if counts[status]]
    verdict = f"{counts[Status.ACTION_NEEDED]} action needed" if counts[Status.ACTION_NEEDED] else "no problem found"
    return ", ".join([verdict, *others])
