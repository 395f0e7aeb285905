"""Runs the checks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError

from connect_constructs.doctor import bootstrap, cloudwatch_role, connect_instance, connect_quota, lambda_concurrency
from connect_constructs.doctor.aws import AwsError, Clients, unanswered
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import Settings
from connect_constructs.doctor.target import (
    Target,
    account_finding,
    credentials_finding,
    find_region,
    missing_credentials,
    region_finding,
)


@dataclass(frozen=True)
class _Check:
    name: str
    permission: str
    run: Callable[[Settings, Target, Clients], Finding]
    # Whether it calls AWS in the stack's Region. Otherwise it uses the instance's.
    in_stack_region: bool
    # Whether it can find what would certainly make the deployment or the first update fail.
    quick: bool


_CHECKS = (
    _Check(bootstrap.NAME, bootstrap.PERMISSION, bootstrap.check_bootstrap, in_stack_region=True, quick=True),
    _Check(
        cloudwatch_role.NAME,
        cloudwatch_role.PERMISSION,
        cloudwatch_role.check_cloudwatch_role,
        in_stack_region=True,
        quick=True,
    ),
    _Check(
        connect_instance.NAME,
        connect_instance.PERMISSION,
        connect_instance.check_instance,
        in_stack_region=False,
        quick=True,
    ),
    *(
        _Check(
            connect_quota.name(operation),
            connect_quota.PERMISSION,
            connect_quota.quota_check(operation),
            in_stack_region=False,
            quick=False,
        )
        for operation in connect_quota.QUOTA_CODES
    ),
    _Check(
        lambda_concurrency.NAME,
        lambda_concurrency.PERMISSION,
        lambda_concurrency.check_lambda_concurrency,
        in_stack_region=True,
        quick=False,
    ),
)


def examine(settings: Settings, *, quick: bool) -> list[Finding]:
    """Run the checks. Returns their findings in the order of the report.

    :param quick: Run only the checks that can find a certain failure of the deployment or the first update.
    """
    try:
        session = boto3.Session(profile_name=settings.profile)
        region, source = find_region(settings, session)
    except BotoCoreError as error:
        return [missing_credentials(error)]
    clients = Clients(session)
    found_region = region_finding(settings, region, source)
    if found_region.status is Status.ACTION_NEEDED:
        region = None
    credentials, credentials_account = credentials_finding(clients, region or settings.instance.region)
    findings = [credentials, found_region]
    if credentials.status is Status.ACTION_NEEDED:
        # Every other call would fail in the same way.
        return findings
    findings.append(account_finding(settings, credentials_account))
    target = Target(settings.account or credentials_account, region)
    is_elsewhere = credentials_account not in (None, target.account)

    def run(check: _Check) -> Finding:
        if is_elsewhere:
            return Finding(check.name, Status.UNKNOWN, "not checked: the credentials belong to another account")
        if check.in_stack_region and not region:
            return Finding(check.name, Status.UNKNOWN, "not checked: no Region is set")
        try:
            return check.run(settings, target, clients)
        except AwsError as error:
            return unanswered(check.name, error, check.permission)

    checks = [check for check in _CHECKS if check.quick or not quick]
    with ThreadPoolExecutor(max_workers=len(checks)) as threads:
        return [*findings, *threads.map(run, checks)]
