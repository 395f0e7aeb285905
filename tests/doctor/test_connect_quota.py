"""Amazon Connect's quotas, from a fake, because the emulator has no Service Quotas."""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs import contact_update_api, contact_update_queue
from connect_constructs.doctor.connect_quota import ENDPOINT_RATE, QUEUE_RATE, QUOTA_CODES
from connect_constructs.local.emulator import Emulator
from tests.doctor.aws_fake import AwsFake
from tests.doctor.doctor_run import Doctor

CHECK = "UpdateContactAttributes quota"
WITH_QUEUE = {"queue": "true"}


def quota(value: float) -> dict[str, Any]:
    return {"Quota": {"ServiceCode": "connect", "Value": value, "Unit": "None", "Adjustable": True}}


@pytest.mark.parametrize("check", [f"{operation} quota" for operation in QUOTA_CODES])
def test_default_quota_suffices(doctor: Doctor, check: str) -> None:
    assert doctor().line(check) == (
        "ok",
        "10/s in us-east-1; the endpoint allows 10/s; agents and flows share the quota",
        "",
    )


def test_queue_leaves_a_part_of_it(doctor: Doctor) -> None:
    assert doctor(context=WITH_QUEUE).line(CHECK) == (
        "ok",
        "10/s in us-east-1; the queue makes up to 7/s; agents and flows share the quota",
        "",
    )


def test_quota_of_an_old_account_is_a_warning(doctor: Doctor, fake: AwsFake) -> None:
    fake.answer("GetServiceQuota", quota(2))

    ran = doctor()

    assert ran.line(CHECK) == (
        "warning",
        "2/s in us-east-1; the endpoint allows 10/s: callers get 429 above the quota",
        "aws service-quotas request-service-quota-increase --service-code connect --quota-code L-F001E5ED "
        "--desired-value 10 --region us-east-1",
    )
    assert ran.exit_status == 0
    assert doctor(context=WITH_QUEUE).line("UpdateContact quota") == (
        "warning",
        "2/s in us-east-1; the queue makes up to 7/s: updates wait longer",
        "aws service-quotas request-service-quota-increase --service-code connect --quota-code L-40C15531 "
        "--desired-value 10 --region us-east-1",
    )


def test_quota_between_the_two_suffices_with_a_queue_only(doctor: Doctor, fake: AwsFake) -> None:
    fake.answer("GetServiceQuota", quota(7))

    assert doctor().status(CHECK) == "warning"
    assert doctor(context=WITH_QUEUE).status(CHECK) == "ok"


def test_default_is_asked_where_the_account_has_no_value_of_its_own(doctor: Doctor, fake: AwsFake) -> None:
    fake.refuse("GetServiceQuota", 400, "NoSuchResourceException")
    fake.answer("GetAWSDefaultServiceQuota", quota(10))

    assert doctor().line(CHECK)[:2] == (
        "ok",
        "10/s in us-east-1, the default; the endpoint allows 10/s; agents and flows share the quota",
    )


def test_missing_permission_is_said(doctor: Doctor, fake: AwsFake) -> None:
    fake.refuse("GetServiceQuota", 400, "AccessDeniedException")

    assert doctor().line(CHECK) == (
        "unknown",
        "not allowed: needs servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota",
        "",
    )


def test_local_aws_without_service_quotas_is_unknown(
    doctor: Doctor, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", emulator.url)

    ran = doctor()

    assert ran.line(CHECK) == ("unknown", "GetServiceQuota answered 400", "")
    assert ran.exit_status == 0


def test_rates_are_those_of_the_constructs() -> None:
    assert ENDPOINT_RATE == contact_update_api._DEFAULT_RATE_LIMIT
    assert QUEUE_RATE == contact_update_queue._DEFAULT_UPDATES_PER_SECOND
