"""Apps with an account and Regions of their own: the local AWS is that account in those Regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import demonstrate
from tests.local.command_line import ROOT, run, write_app

_APIS = """
from aws_cdk import Environment, Stack
from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateQueue

def stack(name, account, region, *, queue=False):
    made = Stack(app, name, env=Environment(account=account, region=region))
    instance = ConnectInstance.from_instance_arn(
        made, "Instance", f"arn:aws:connect:eu-west-2:{account}:instance/7d8e6a4c-0f51-4b7e-9c39-2f6a1e8b5d11")
    if queue:
        ContactUpdateApi(made, "Updates", queue=ContactUpdateQueue(made, "Queue", instance=instance))
    else:
        ContactUpdateApi(made, "Updates", instance=instance)
"""


@pytest.mark.usefixtures("nothing_stays")
def test_app_deploys_into_its_own_account_and_regions(environment: dict[str, str], app: Path) -> None:
    write_app(
        app,
        _APIS
        + """
stack("First", "111122223333", "eu-central-1")
stack("Second", "111122223333", "us-west-2", queue=True)
""",
    )

    ran = run("local", "--demo", environment=environment, directory=app)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("after     Name: Order 4711, express") == 2


@pytest.mark.usefixtures("nothing_stays")
def test_two_accounts_are_refused_with_what_is_possible(environment: dict[str, str], app: Path) -> None:
    write_app(
        app,
        _APIS
        + """
stack("First", "111122223333", "eu-central-1")
stack("Second", "444455556666", "eu-central-1")
""",
    )

    ran = run("local", "--demo", environment=environment, directory=app)

    assert ran.returncode == 1
    assert ran.stderr == (
        "error: the local AWS has one account and any number of Regions, but the app has stacks in several accounts: "
        "111122223333 (First), 444455556666 (Second). Give all stacks the same account, or none\n"
    )


def test_context_of_this_repositorys_app_says_where_it_goes() -> None:
    with LocalAws(ROOT, context={"account": "111122223333", "region": "eu-central-1"}) as local:
        shown: list[str] = []
        demonstrate(local, shown.append)

    invoke_arn = local.outputs["ContactUpdates"]["InvokeArn"]
    assert invoke_arn.startswith("arn:aws:execute-api:eu-central-1:111122223333:")
    assert shown[-1].startswith("\nafter     Name: Order 4711, express")
