"""Apps without an endpoint can be deployed, too. The local AWS says how to use them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.paste import calls_to_paste
from tests.local.command_line import run, write_app
from tests.local.pasted import call_aws, paste

INSTANCE_ID = "33333333-aaaa-4bbb-8ccc-000000000003"
_INSTANCE = f"""
from aws_cdk import CfnOutput, Stack, aws_iam as iam
from connect_constructs import ConnectInstance, ContactUpdateOperation, ContactUpdatePolicy, ContactUpdateQueue
stack = Stack(app, "Bare")
instance = ConnectInstance.from_instance_arn(
    stack, "Instance", "arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID}")
"""
_GRANTS = (
    _INSTANCE
    + """
role = iam.Role(stack, "Writer", role_name="Writer", assumed_by=iam.AccountRootPrincipal())
instance.grant_update_contact_attributes(role)
policy = ContactUpdatePolicy(stack, "Policy", instance=instance, operations=[ContactUpdateOperation.UPDATE_CONTACT])
iam.User(stack, "Agent", user_name="agent", managed_policies=[policy])
CfnOutput(stack, "RoleName", value=role.role_name)
"""
)


def test_app_with_grants_only_says_who_may_write_and_how(app: Path) -> None:
    write_app(app, _GRANTS)

    with LocalAws(app) as local:
        text = calls_to_paste(local)

        # The app has no roles of cdk bootstrap.
        assert [line.strip() for line in text.splitlines() if " may " in line] == [
            "arn:aws:iam::000000000000:role/Writer may UpdateContactAttributes:",
            "arn:aws:iam::000000000000:user/agent may UpdateContact:",
        ]
        assert "  RoleName = Writer\n" in text
        contact_id = call_aws(paste(text, "aws connect create-contact"), text)["ContactId"]
        call_aws(paste(text, "aws connect update-contact-attributes"), text)
        read = call_aws(paste(text, "aws connect get-contact-attributes"), text)
        simulated = call_aws(paste(text, "aws iam simulate-principal-policy"), text)

    assert local.connect.contact(contact_id).attributes == {}
    assert read["Attributes"] == {"tier": "gold", "callback": "2026-12-01"}
    assert [result["EvalDecision"] for result in simulated["EvaluationResults"]] == ["allowed"]


def test_queue_alone_takes_the_message_that_is_shown(app: Path) -> None:
    write_app(app, _INSTANCE + 'ContactUpdateQueue(stack, "Updates", instance=instance)')

    with LocalAws(app) as local:
        contact_id = local.connect.create_contact(attributes={"tier": "silver"})
        text = calls_to_paste(local, [contact_id])
        call_aws(paste(text, "aws sqs send-message"), text)
        deadline = time.monotonic() + 20
        while local.connect.contact(contact_id).attributes == {"tier": "silver"} and time.monotonic() < deadline:
            time.sleep(0.1)
        read = call_aws(paste(text, "aws connect get-contact-attributes"), text)

    assert read["Attributes"] == {"tier": "gold", "callback": "2026-12-01"}


def test_app_that_has_nothing_to_do_with_contacts_is_deployed(app: Path) -> None:
    """Also for resources whose conditions are false."""
    write_app(
        app,
        """
from aws_cdk import CfnCondition, CfnOutput, Fn, Stack
from aws_cdk import aws_apigateway as apigateway, aws_iam as iam, aws_sqs as sqs
stack = Stack(app, "Other")
never = CfnCondition(stack, "Never", expression=Fn.condition_equals("a", "b"))
for resource in (
    apigateway.CfnRestApi(stack, "Api", name="Api"),
    iam.CfnUser(stack, "User"),
):
    resource.cfn_options.condition = never
CfnOutput(stack, "QueueUrl", value=sqs.Queue(stack, "Queue").queue_url)
""",
    )

    with LocalAws(app) as local:
        text = calls_to_paste(local)

    assert text.startswith("\nOther:\n  QueueUrl = http")
    assert "No function and no policy of the app names an Amazon Connect instance." in text


@pytest.mark.usefixtures("nothing_stays")
def test_demonstration_of_an_app_without_endpoint_is_refused_before_it_is_deployed(
    environment: dict[str, str], app: Path
) -> None:
    write_app(app, _GRANTS)

    ran = run("local", "--demo", environment=environment, directory=app)

    assert ran.returncode == 1
    assert "deployed the app" not in ran.stdout
    assert ran.stderr == (
        "error: --demo signs its calls, and no REST API of the app has a POST method with IAM authorization. "
        "Without --demo, the app is deployed and its calls are printed\n"
    )
