"""Whether the account is bootstrapped, in the emulator that the CDK CLI bootstrapped in us-east-1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, Stack

from connect_constructs.doctor.bootstrap import MINIMUM_VERSION
from connect_constructs.local.clients import Clients
from tests.doctor.conftest import User
from tests.doctor.doctor_run import ACCOUNT, Doctor

CHECK = "CDK bootstrap"
QUALIFIER = "@aws-cdk/core:bootstrapQualifier"


def test_version_of_the_bootstrap_suffices(doctor: Doctor, root: Clients) -> None:
    version = root("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]["Value"]

    assert doctor().line(CHECK) == ("ok", f"version {version}; 6 or later is needed", "")


def test_region_without_bootstrap_is_an_action(doctor: Doctor) -> None:
    ran = doctor(context={"region": "eu-west-1"})

    assert ran.line(CHECK) == (
        "action needed",
        "none in eu-west-1: no parameter /cdk-bootstrap/hnb659fds/version",
        f"cdk bootstrap aws://{ACCOUNT}/eu-west-1",
    )
    assert ran.exit_status == 1


def test_bootstrap_of_a_name_of_its_own_is_looked_up_by_its_qualifier(doctor: Doctor, root: Clients) -> None:
    name = "/cdk-bootstrap/acme/version"

    assert doctor(context={QUALIFIER: "acme"}).line(CHECK) == (
        "action needed",
        f"none in us-east-1: no parameter {name}",
        f"cdk bootstrap aws://{ACCOUNT}/us-east-1 --qualifier acme",
    )

    root("ssm").put_parameter(Name=name, Value="21", Type="String")

    assert doctor(context={QUALIFIER: "acme"}).status(CHECK) == "ok"


def test_old_bootstrap_is_an_action(doctor: Doctor, root: Clients) -> None:
    root("ssm").put_parameter(Name="/cdk-bootstrap/old/version", Value="5", Type="String")

    ran = doctor(context={QUALIFIER: "old"})

    assert ran.line(CHECK)[:2] == ("action needed", "version 5; 6 or later is needed")
    assert ran.exit_status == 1


def test_stack_of_the_bootstrap_says_it_to_who_may_not_read_the_parameter(
    doctor: Doctor, create_user: Callable[[str, Any], User], log_in: Callable[[User], None], stranger: User
) -> None:
    statement = {"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": "*"}
    log_in(create_user("reader-of-stacks", {"Version": "2012-10-17", "Statement": [statement]}))

    assert doctor().status(CHECK) == "ok"
    # Another bootstrap's stack says nothing about this one.
    denied = "not allowed: needs ssm:GetParameter, or cloudformation:DescribeStacks"
    assert doctor(context={QUALIFIER: "acme"}).line(CHECK) == ("unknown", denied, "")
    # Nor does a missing one: it may have another name.
    assert doctor(context={"region": "eu-west-1"}).line(CHECK) == ("unknown", denied, "")

    log_in(stranger)

    assert doctor().line(CHECK) == ("unknown", denied, "")


def test_unreachable_parameter_store_is_unknown(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")

    assert doctor().line(CHECK) == (
        "unknown",
        'no answer: Could not connect to the endpoint URL: "http://127.0.0.1:9/"',
        "",
    )


def test_minimum_version_is_what_cdk_asks_for() -> None:
    # Given a stack as CDK renders it today
    app = App()
    CfnOutput(Stack(app, "Any"), "Output", value="any")

    artifact = app.synth().get_stack_by_name("Any")

    # Then its rule rejects every version below the minimum, and no other
    (assertion,) = artifact.template["Rules"]["CheckBootstrapVersion"]["Assertions"]
    (refused,) = assertion["Assert"]["Fn::Not"]
    assert refused["Fn::Contains"][0] == [str(version) for version in range(1, MINIMUM_VERSION)]
