"""Where the stack would be deployed: credentials, Region and account, compared with the instance's."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError
from botocore.utils import IMDSRegionProvider

from connect_constructs.doctor.aws import (
    AwsError,
    Clients,
    InvalidEndpointError,
    error_code,
    is_unreachable,
    one_line,
    reason,
)
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import Settings

# In the CDK CLI's order (AwsCliCompatible.region() in aws-cdk 2.1148.1).
_REGION_VARIABLES = ("AWS_REGION", "AMAZON_REGION", "AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION")
# What the CDK CLI uses if no Region is set.
_CDK_DEFAULT_REGION = "us-east-1"
# What all names of Regions look like. Whether a Region exists is up to AWS.
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")


@dataclass(frozen=True)
class Target:
    """The stack's account and Region. None if unknown."""

    account: str | None
    region: str | None


def find_region(settings: Settings, session: boto3.Session) -> tuple[str | None, str]:
    """The stack's Region, and the setting that it comes from."""
    if settings.region:
        return settings.region, "context"
    if settings.region_option:
        return settings.region_option, "--region"
    for name in _REGION_VARIABLES:
        if os.environ.get(name):
            return os.environ[name], name
    botocore_session = session._session
    profile = botocore_session.get_scoped_config()
    default = botocore_session.full_config.get("profiles", {}).get("default", {})
    if region := profile.get("region") or default.get("region"):
        return region, f"profile {session.profile_name}" if profile.get("region") else "profile default"
    return IMDSRegionProvider(botocore_session).provide(), "EC2 instance metadata"


def region_finding(settings: Settings, region: str | None, source: str) -> Finding:
    """Check the Region against the instance's."""
    instance_region = settings.instance.region
    if region is None:
        return Finding(
            "Region",
            Status.ACTION_NEEDED,
            f"none is set: cdk deploy would use {_CDK_DEFAULT_REGION}",
            f"set AWS_REGION, or deploy with -c region={instance_region}, the instance's",
        )
    if not _REGION.fullmatch(region):
        return Finding(
            "Region",
            Status.ACTION_NEEDED,
            f"{region!r} ({source}) is not the name of a Region",
            f"set it to one such as {instance_region}, the instance's",
        )
    if region == instance_region:
        return Finding("Region", Status.OK, f"{region} ({source}), the instance's own")
    return Finding(
        "Region",
        Status.OK,
        f"{region} ({source}); the instance is in {instance_region}, and the function will call it there",
        f"to deploy into the instance's Region: -c region={instance_region}",
    )


def credentials_finding(clients: Clients, region: str) -> tuple[Finding, str | None]:
    """Check the credentials. Returns the finding and their account.

    This needs no permission (AWS STS API Reference, "GetCallerIdentity").
    """
    try:
        identity = clients("sts", region).get_caller_identity()
    except AwsError as error:
        return _rejected_credentials(error, region), None
    return Finding("credentials", Status.OK, identity["Arn"]), identity["Account"]


def _rejected_credentials(error: BaseException, region: str) -> Finding:
    if isinstance(error, InvalidEndpointError):
        return Finding("credentials", Status.ACTION_NEEDED, str(error), error.todo)
    if is_unreachable(error):
        return Finding("credentials", Status.UNKNOWN, reason(error))
    if not isinstance(error, ClientError):
        return missing_credentials(error)
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return Finding("credentials", Status.UNKNOWN, reason(error))
    return Finding(
        "credentials",
        Status.ACTION_NEEDED,
        f"AWS does not accept them: {error_code(error)}",
        f"log in again, or use others with --profile; a Region that is not enabled ({region}) has the same effect",
    )


def missing_credentials(error: BaseException) -> Finding:
    """The finding for credentials that boto3 cannot find or obtain."""
    return Finding(
        "credentials",
        Status.ACTION_NEEDED,
        one_line(error),
        "set AWS_PROFILE or --profile, or log in: https://docs.aws.amazon.com/cdk/v2/guide/configure-access.html",
    )


def account_finding(settings: Settings, credentials_account: str | None) -> Finding:
    """Check the stack's account against those of the credentials and of the instance.

    Amazon Connect has no cross-account permissions, because its instances have no resource policy (Service
    Authorization Reference, "Amazon Connect").
    """
    account = settings.account or credentials_account
    if account is None:
        return Finding("account", Status.UNKNOWN, f"not known; the instance belongs to {settings.instance.account}")
    if account != settings.instance.account:
        return Finding(
            "account",
            Status.ACTION_NEEDED,
            f"the stack would be in {account}, but the instance belongs to {settings.instance.account}: "
            "Amazon Connect has no cross-account permissions",
            f"use credentials of {settings.instance.account} (--profile), or an instance of {account}",
        )
    if credentials_account not in (None, account):
        return Finding(
            "account",
            Status.WARNING,
            f"the stack would be in {account}, but the credentials belong to {credentials_account}",
            f"{account} must have been bootstrapped with --trust {credentials_account}; for the other checks, run "
            f"this with credentials of {account}",
        )
    return Finding("account", Status.OK, f"{account}, the instance's own")
