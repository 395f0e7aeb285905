"""Whether the account is bootstrapped for the CDK."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.doctor.aws import Clients, error_code, is_denied
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import DEFAULT_QUALIFIER, Settings
from connect_constructs.doctor.target import Target

NAME = "CDK bootstrap"
PERMISSION = "ssm:GetParameter, or cloudformation:DescribeStacks"

# Required by the templates' rule CheckBootstrapVersion and by the assembly's requiresBootstrapStackVersion.
MINIMUM_VERSION = 6

_STACK = "CDKToolkit"


def check_bootstrap(settings: Settings, target: Target, clients: Clients) -> Finding:
    """Check the bootstrap's version, in the parameter from which templates read it. Raises AwsError."""
    assert target.region
    parameter = f"/cdk-bootstrap/{settings.qualifier}/version"
    command = f"cdk bootstrap aws://{target.account or 'ACCOUNT'}/{target.region}"
    if settings.qualifier != DEFAULT_QUALIFIER:
        command += f" --qualifier {settings.qualifier}"
    try:
        version = clients("ssm", target.region).get_parameter(Name=parameter)["Parameter"]["Value"]
    except ClientError as error:
        if error_code(error) == "ParameterNotFound":
            return Finding(NAME, Status.ACTION_NEEDED, f"none in {target.region}: no parameter {parameter}", command)
        if not is_denied(error):
            raise
        version = _version_of_stack(settings, clients("cloudformation", target.region))
        if version is None:
            raise
    if not version.isdecimal() or int(version) < MINIMUM_VERSION:
        return Finding(NAME, Status.ACTION_NEEDED, f"version {version}; {MINIMUM_VERSION} or later is needed", command)
    return Finding(NAME, Status.OK, f"version {version}; {MINIMUM_VERSION} or later is needed")


def _version_of_stack(settings: Settings, cloudformation: Any) -> str | None:
    """The version in the outputs of the bootstrap's stack. None if there is no such stack, or it may not be read."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=_STACK)["Stacks"]
    except ClientError:
        # A missing stack proves nothing: the bootstrap's stack may have another name (--toolkit-stack-name).
        return None
    parameters = {item["ParameterKey"]: item.get("ParameterValue") for item in stack.get("Parameters", [])}
    outputs: dict[str, str] = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    return outputs.get("BootstrapVersion") if parameters.get("Qualifier") == settings.qualifier else None
