"""Amazon Connect's quotas for the two operations, compared with what the app would use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.doctor.aws import Clients, error_code
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import Settings
from connect_constructs.doctor.target import Target

PERMISSION = "servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota"

# "Rate of UpdateContactAttributes API requests" and "Rate of UpdateContact API requests" in Service Quotas, per
# account and Region. The default is 10 (Amazon Connect Administrator Guide, "Amazon Connect service quotas"); some
# accounts have 2.
QUOTA_CODES = {"UpdateContactAttributes": "L-F001E5ED", "UpdateContact": "L-40C15531"}

# Calls per second that the endpoint allows for each operation, and that a queue makes for both together. These repeat
# the constructs' defaults, because importing the constructs starts Node.
ENDPOINT_RATE = 10
QUEUE_RATE = 7


def name(operation: str) -> str:
    """The check's name."""
    return f"{operation} quota"


def quota_check(operation: str) -> Callable[[Settings, Target, Clients], Finding]:
    """The check for one operation's quota."""

    def check(settings: Settings, _: Target, clients: Clients) -> Finding:
        region = settings.instance.region
        code = QUOTA_CODES[operation]
        quota, is_default = _quota(clients("service-quotas", region), code)
        rate = QUEUE_RATE if settings.queue else ENDPOINT_RATE
        user = "the queue makes up to" if settings.queue else "the endpoint allows"
        found = f"{quota:g}/s in {region}{', the default' if is_default else ''}; {user} {rate}/s"
        if quota >= rate:
            return Finding(name(operation), Status.OK, f"{found}; agents and flows share the quota")
        consequence = "updates wait longer" if settings.queue else "callers get 429 above the quota"
        return Finding(
            name(operation),
            Status.WARNING,
            f"{found}: {consequence}",
            f"aws service-quotas request-service-quota-increase --service-code connect --quota-code {code} "
            f"--desired-value {ENDPOINT_RATE} --region {region}",
        )

    return check


def _quota(service_quotas: Any, code: str) -> tuple[float, bool]:
    """The quota in requests per second, and whether it is the default. Raises AwsError."""
    quota = {"ServiceCode": "connect", "QuotaCode": code}
    try:
        return service_quotas.get_service_quota(**quota)["Quota"]["Value"], False
    except ClientError as error:
        # For some quotas, only the default value is available (Service Quotas API Reference, "GetServiceQuota").
        if error_code(error) != "NoSuchResourceException":
            raise
    return service_quotas.get_aws_default_service_quota(**quota)["Quota"]["Value"], True
