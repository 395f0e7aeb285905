"""API Gateway's CloudWatch role, in the emulator's account settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from connect_constructs.local.clients import Clients
from tests.doctor.conftest import User
from tests.doctor.doctor_run import ACCOUNT, Doctor

CHECK = "CloudWatch role"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/api-gateway-logs"
LOG = {"access_log": "true"}
LOG_AND_ROLE = {"access_log": "true", "api_gateway_account": "true"}


# API Gateway rejects a role that cannot write logs.
TRUST = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
POLICY = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


@pytest.fixture(scope="module")
def existing_role(root: Clients) -> None:
    iam, name = root("iam"), ROLE.rpartition("/")[2]
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    iam.attach_role_policy(RoleName=name, PolicyArn=POLICY)


@pytest.fixture
def role(root: Clients, existing_role: None) -> Iterator[str]:
    api_gateway = root("apigateway")
    operation = {"op": "replace", "path": "/cloudwatchRoleArn"}
    api_gateway.update_account(patchOperations=[{**operation, "value": ROLE}])
    yield ROLE
    api_gateway.update_account(patchOperations=[{**operation, "value": ""}])


def test_no_role_is_no_matter_without_an_access_log(doctor: Doctor) -> None:
    assert doctor().line(CHECK) == ("ok", "none is set; not needed without -c access_log=true", "")


def test_no_role_stops_an_access_log(doctor: Doctor) -> None:
    ran = doctor(context=LOG)

    assert ran.line(CHECK) == (
        "action needed",
        "none is set, and the access log needs one",
        "deploy with -c api_gateway_account=true, which sets one for all APIs of the account and Region, or without "
        "-c access_log=true",
    )
    assert ran.exit_status == 1


def test_role_is_set_by_the_deployment_where_it_is_asked_to(doctor: Doctor) -> None:
    assert doctor(context=LOG_AND_ROLE).line(CHECK) == (
        "ok",
        "none is set yet; -c api_gateway_account=true sets one",
        "",
    )


def test_role_that_is_set_suffices(doctor: Doctor, role: str) -> None:
    assert doctor(context=LOG).line(CHECK) == ("ok", f"{role} is set", "")
    assert doctor().line(CHECK) == ("ok", f"{role} is set; not needed without -c access_log=true", "")


def test_role_that_would_be_replaced_is_a_warning(doctor: Doctor, role: str) -> None:
    ran = doctor(context=LOG_AND_ROLE)

    assert ran.line(CHECK) == (
        "warning",
        f"{role} is set; -c api_gateway_account=true would replace it for all APIs of the account and Region",
        "leave out -c api_gateway_account=true, unless this app set the role",
    )
    assert ran.exit_status == 0


def test_missing_permission_matters_only_with_an_access_log(
    doctor: Doctor, stranger: User, log_in: Callable[[User], None]
) -> None:
    log_in(stranger)

    assert doctor(context=LOG).line(CHECK) == (
        "unknown",
        "not allowed: needs apigateway:GET on arn:aws:apigateway:REGION::/account",
        "",
    )
    assert doctor().line(CHECK) == ("ok", "not needed without -c access_log=true", "")
