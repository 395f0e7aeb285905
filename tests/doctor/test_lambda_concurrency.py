"""Lambda's concurrency: the emulator's own figures, and those of other accounts from a fake."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from connect_constructs import contact_update_api, contact_update_queue
from connect_constructs.doctor.lambda_concurrency import ENDPOINT_BURST, QUEUE_CONCURRENCY
from connect_constructs.local.clients import Clients
from tests.doctor.aws_fake import AwsFake
from tests.doctor.doctor_run import Doctor

CHECK = "Lambda concurrency"
WITH_QUEUE = {"queue": "true"}


@pytest.fixture
def account_has(fake: AwsFake, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    def set_limit(total: int, unreserved: int) -> None:
        limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}
        fake.answer("GetAccountSettings", {"AccountLimit": limit})

    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", fake.url)
    return set_limit


def test_what_another_function_has_reserved_is_taken_off(doctor: Doctor, root: Clients) -> None:
    lambda_ = root("lambda")
    total = lambda_.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass\n")
    lambda_.create_function(
        FunctionName="neighbour",
        Runtime="python3.13",
        Role=root("iam").create_role(RoleName="neighbour", AssumeRolePolicyDocument="{}")["Role"]["Arn"],
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
    )
    lambda_.put_function_concurrency(FunctionName="neighbour", ReservedConcurrentExecutions=20)

    assert doctor().line(CHECK)[:2] == (
        "ok",
        f"{total - 20} of {total} executions unreserved; {max(total - 120, 0)} can be reserved",
    )


def test_concurrency_of_a_new_account_is_a_warning(doctor: Doctor, account_has: Callable[[int, int], None]) -> None:
    account_has(10, 10)

    ran = doctor()

    assert ran.line(CHECK) == (
        "warning",
        "10 of 10 executions unreserved; 0 can be reserved: when all are in use, callers get 503, and other "
        "functions of the account are throttled",
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
        "--desired-value 1000 --region us-east-1",
    )
    assert ran.exit_status == 0


def test_queue_needs_what_its_event_source_starts(doctor: Doctor, account_has: Callable[[int, int], None]) -> None:
    account_has(1000, 2)

    assert doctor().status(CHECK) == "warning"
    ran = doctor(context=WITH_QUEUE)
    assert ran.line(CHECK)[:2] == (
        "action needed",
        "2 of 1000 executions unreserved; 0 can be reserved: the app needs at least 3",
    )
    assert ran.exit_status == 1


def test_least_that_suffices_is_more_with_a_queue(doctor: Doctor, account_has: Callable[[int, int], None]) -> None:
    account_has(1000, 15)

    assert doctor().status(CHECK) == "ok"
    assert doctor(context=WITH_QUEUE).status(CHECK) == "warning"

    account_has(1000, 17)

    assert doctor(context=WITH_QUEUE).status(CHECK) == "ok"


def test_missing_permission_is_said(doctor: Doctor, fake: AwsFake, account_has: Callable[[int, int], None]) -> None:
    fake.refuse("GetAccountSettings", 403, "AccessDeniedException")

    assert doctor().line(CHECK) == ("unknown", "not allowed: needs lambda:GetAccountSettings", "")


def test_needs_are_those_of_the_constructs() -> None:
    assert ENDPOINT_BURST == contact_update_api._DEFAULT_BURST_LIMIT
    assert QUEUE_CONCURRENCY == contact_update_queue._MIN_CONCURRENCY
