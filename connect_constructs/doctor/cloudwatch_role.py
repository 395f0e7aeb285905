"""Whether API Gateway may write an access log in this account and Region."""

from __future__ import annotations

from connect_constructs.doctor.aws import AwsError, Clients, unanswered
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import Settings
from connect_constructs.doctor.target import Target

NAME = "CloudWatch role"
PERMISSION = "apigateway:GET on arn:aws:apigateway:REGION::/account"

_NOT_NEEDED = "not needed without -c access_log=true"


def check_cloudwatch_role(settings: Settings, target: Target, clients: Clients) -> Finding:
    """Check the role in API Gateway's account settings, which all APIs of an account and Region share.

    Without one, a stage with an access log is refused: "CloudWatch Logs role ARN must be set in account settings
    to enable logging" (API Gateway Developer Guide, "Set up CloudWatch logging"; sst#1556).
    """
    assert target.region
    try:
        role = clients("apigateway", target.region).get_account().get("cloudwatchRoleArn")
    except AwsError as error:
        if settings.access_log:
            return unanswered(NAME, error, PERMISSION)
        return Finding(NAME, Status.OK, _NOT_NEEDED)
    if role and settings.api_gateway_account:
        return Finding(
            NAME,
            Status.WARNING,
            f"{role} is set; -c api_gateway_account=true would replace it for all APIs of the account and Region",
            "leave out -c api_gateway_account=true, unless this app set the role",
        )
    if role:
        return Finding(NAME, Status.OK, f"{role} is set" if settings.access_log else f"{role} is set; {_NOT_NEEDED}")
    if not settings.access_log:
        return Finding(NAME, Status.OK, f"none is set; {_NOT_NEEDED}")
    if settings.api_gateway_account:
        return Finding(NAME, Status.OK, "none is set yet; -c api_gateway_account=true sets one")
    return Finding(
        NAME,
        Status.ACTION_NEEDED,
        "none is set, and the access log needs one",
        "deploy with -c api_gateway_account=true, which sets one for all APIs of the account and Region, or without "
        "-c access_log=true",
    )
