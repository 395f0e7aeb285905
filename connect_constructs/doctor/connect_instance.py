"""Whether the Amazon Connect instance exists and is active."""

from __future__ import annotations

from botocore.exceptions import ClientError

from connect_constructs.doctor.aws import Clients, error_code
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import Settings
from connect_constructs.doctor.target import Target

NAME = "instance"
# Service Authorization Reference, "Amazon Connect": the second is a dependent action of the first.
PERMISSION = "connect:DescribeInstance and ds:DescribeDirectories"


def check_instance(settings: Settings, _: Target, clients: Clients) -> Finding:
    """Check the instance's status, in its own Region. Raises AwsError."""
    region, instance_id = settings.instance.region, settings.instance.instance_id
    try:
        instance = clients("connect", region).describe_instance(InstanceId=instance_id)["Instance"]
    except ClientError as error:
        # Amazon Connect's errors for an unknown id and for a malformed one.
        if error_code(error) not in ("ResourceNotFoundException", "InvalidRequestException"):
            raise
        return Finding(
            NAME,
            Status.ACTION_NEEDED,
            f"no instance {instance_id} in {region} in the credentials' account",
            f"get the ARN from: aws connect list-instances --region {region}",
        )
    status = instance.get("InstanceStatus")
    if status == "ACTIVE":
        return Finding(NAME, Status.OK, f"{instance.get('InstanceAlias', instance_id)} in {region} is active")
    reason = instance.get("StatusReason", {}).get("Message")
    return Finding(
        NAME,
        Status.ACTION_NEEDED,
        f"its status is {status}" + (f": {reason}" if reason else ""),
        "wait until it is ACTIVE" if status == "CREATION_IN_PROGRESS" else "use an instance that is ACTIVE",
    )
