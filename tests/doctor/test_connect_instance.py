"""The instance, in the in-memory Amazon Connect. Other states and errors come from a fake."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doctor.aws_fake import AwsFake
from tests.doctor.doctor_run import ACCOUNT, INSTANCE_ARN, INSTANCE_ID, Doctor

CHECK = "instance"


@pytest.fixture
def connect_fake(fake: AwsFake, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> AwsFake:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", fake.url)
    return fake


def test_active_instance_suffices(doctor: Doctor) -> None:
    assert doctor().line(CHECK) == ("ok", f"{INSTANCE_ID} in us-east-1 is active", "")


def test_active_instance_is_named_by_its_alias(doctor: Doctor, connect_fake: AwsFake) -> None:
    connect_fake.answer("DescribeInstance", {"Instance": {"InstanceStatus": "ACTIVE", "InstanceAlias": "support"}})

    assert doctor().line(CHECK) == ("ok", "support in us-east-1 is active", "")


def test_missing_instance_is_an_action(doctor: Doctor) -> None:
    unknown = "87654321-4321-4321-4321-210987654321"

    ran = doctor(context={"instance_arn": INSTANCE_ARN.replace(INSTANCE_ID, unknown)})

    assert ran.line(CHECK) == (
        "action needed",
        f"no instance {unknown} in us-east-1 in the credentials' account",
        "get the ARN from: aws connect list-instances --region us-east-1",
    )
    assert ran.exit_status == 1


def test_id_that_amazon_connect_does_not_take_is_an_action(doctor: Doctor, connect_fake: AwsFake) -> None:
    connect_fake.refuse("DescribeInstance", 400, "InvalidRequestException")
    arn = f"arn:aws:connect:us-east-1:{ACCOUNT}:instance/typo"

    assert doctor(context={"instance_arn": arn}).status(CHECK) == "action needed"


@pytest.mark.parametrize(
    ("instance", "found", "todo"),
    [
        (
            {"InstanceStatus": "CREATION_IN_PROGRESS"},
            "its status is CREATION_IN_PROGRESS",
            "wait until it is ACTIVE",
        ),
        (
            {"InstanceStatus": "CREATION_FAILED", "StatusReason": {"Message": "The directory is gone."}},
            "its status is CREATION_FAILED: The directory is gone.",
            "use an instance that is ACTIVE",
        ),
    ],
)
def test_instance_that_is_not_active_is_an_action(
    doctor: Doctor, connect_fake: AwsFake, instance: dict[str, Any], found: str, todo: str
) -> None:
    connect_fake.answer("DescribeInstance", {"Instance": instance})

    ran = doctor()

    assert ran.line(CHECK) == ("action needed", found, todo)
    assert ran.exit_status == 1


def test_missing_permission_is_said(doctor: Doctor, connect_fake: AwsFake) -> None:
    connect_fake.refuse("DescribeInstance", 403, "AccessDeniedException")

    assert doctor().line(CHECK) == (
        "unknown",
        "not allowed: needs connect:DescribeInstance and ds:DescribeDirectories",
        "",
    )


def test_failure_of_amazon_connect_is_unknown(doctor: Doctor, connect_fake: AwsFake) -> None:
    ran = doctor()

    assert ran.line(CHECK) == ("unknown", "DescribeInstance answered InternalFailure: no answer is set", "")
    assert ran.exit_status == 0
