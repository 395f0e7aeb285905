"""The command line: its output, its exit status, and that it leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.local.command_line import COMMAND, ROOT, processes_of, run, write_app

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_help_names_the_commands_and_starts_no_node(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys; from connect_constructs.cli import main\n"
        "try: main(['--help'])\n"
        "finally: print(sorted({'aws_cdk', 'jsii', 'boto3'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "PATH": ""}, capture_output=True, text=True, check=False
    )

    assert ran.stdout.rstrip().endswith("[]"), ran.stderr
    for command in ("local", "client-model", "openapi"):
        assert command in ran.stdout


def test_client_model_signs_for_execute_api(environment: dict[str, str]) -> None:
    ran = run("client-model", environment=environment)

    model = json.loads(ran.stdout)
    assert (ran.returncode, model["metadata"]["signingName"]) == (0, "execute-api")
    assert sorted(model["operations"]) == ["UpdateContact", "UpdateContactAttributes"]


def test_demo_shows_the_contact_before_and_after(environment: dict[str, str]) -> None:
    ran = run("local", "--demo", environment=environment)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert 'before    Name: Order 4711 | Attributes: {"tier": "silver"}' in ran.stdout
    assert "403 AccessDeniedException" in ran.stdout
    assert ran.stdout.endswith(
        'after     Name: Order 4711, express | Attributes: {"tier": "gold", "callback": "2026-12-01"}\n'
    )


def test_context_is_passed_to_the_app(environment: dict[str, str]) -> None:
    ran = run("local", "--demo", "-c", "instance_arn=nonsense", environment=environment)

    assert ran.returncode == 1
    assert ran.stderr.startswith("error: synthesising the app failed: instance_arn: expected an instance ARN ")
    assert ran.stderr.count("\n") == 1


def test_wrong_context_is_a_usage_error(environment: dict[str, str]) -> None:
    ran = run("local", "-c", "no-equals-sign", environment=environment)

    assert ran.returncode == 2
    assert "expected KEY=VALUE" in ran.stderr


def test_folder_without_an_app_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    ran = run("local", environment=environment, directory=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: no cdk.json in ")


def test_cdk_json_of_another_form_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("[]")

    ran = run("local", environment=environment, directory=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.endswith("cdk.json: expected a JSON object whose context is an object\n")


def test_failed_deployment_shows_the_reason(environment: dict[str, str], app: Path) -> None:
    write_app(
        app,
        """
from aws_cdk import CfnResource, Stack
stack = Stack(app, "Broken")
CfnResource(stack, "Url", type="AWS::Lambda::Url", properties={
    "TargetFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:none", "AuthType": "NONE"})
CfnResource(stack, "Mapping", type="AWS::Lambda::EventSourceMapping", properties={
    "FunctionName": "none", "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:none"})
""",
    )

    ran = run("local", environment=environment, directory=app)

    assert ran.returncode == 1
    assert ran.stderr == (
        "error: deploying failed: Broken failed to deploy\n"
        "‣ DeploymentError: Resource updates failed:\n"
        "Broken/Url  (AWS::Lambda::Url Url)\n"
        "  Lambda function not found: arn:aws:lambda:us-east-1:000000000000:function:none\n"
    )


def test_foreign_app_deploys_without_what_the_emulator_refuses(environment: dict[str, str], app: Path) -> None:
    """With a stage, a nested stack, and a bootstrap stack of another name."""
    write_app(
        app,
        """
from aws_cdk import CfnOutput, NestedStack, Stack, Stage, aws_connect as connect
from connect_constructs import ConnectInstance, ContactUpdateApi
stack = Stack(Stage(app, "Test"), "Foreign")
nested = NestedStack(stack, "Nested")
made = connect.CfnInstance(nested, "Made", identity_management_type="CONNECT_MANAGED", attributes={
    "inboundCalls": True, "outboundCalls": True})
instance = ConnectInstance.from_cfn_instance(nested, "Instance", made)
ContactUpdateApi(nested, "Updates", instance=instance)
CfnOutput(stack, "Id", value=made.attr_id)
""",
        context={"@aws-cdk/core:bootstrapQualifier": "acme"},
    )

    ran = run("local", "--demo", environment=environment, directory=app)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "left out what the emulator does not have: AWS::Connect::Instance" in ran.stdout
    assert "Order 4711, express" in ran.stdout


def test_users_aws_settings_and_proxy_stay_out_of_it(environment: dict[str, str], app: Path, tmp_path: Path) -> None:
    """The app is not synthesised for the user's account and Region, and the real AWS is not asked for them."""
    settings = tmp_path / "home" / ".aws" / "config"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        "[default]\nregion = eu-west-1\naws_access_key_id = AKIAUSERSOWN\naws_secret_access_key = unused\n"
    )
    write_app(
        app,
        """
import os
from aws_cdk import Environment, Stack
from connect_constructs import ConnectInstance, ContactUpdateApi
account, region = os.environ["CDK_DEFAULT_ACCOUNT"], os.environ["CDK_DEFAULT_REGION"]
stack = Stack(app, "Mine", env=Environment(account=account, region=region))
arn = app.node.get_context("instance_arn")
ContactUpdateApi(stack, "Updates", instance=ConnectInstance.from_instance_arn(stack, "Instance", arn))
""",
    )
    nobody = "http://127.0.0.1:9"
    users_own = {
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nobody),
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": environment.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    }

    ran = run("local", "--demo", environment={**environment, **users_own}, directory=app)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_emulator_ends_when_the_command_is_killed(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [*COMMAND, "local"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        while "Ctrl-C stops it" not in process.stdout.readline():
            assert process.poll() is None
        assert processes_of(environment["TMPDIR"])
        process.kill()
        process.wait(20)

    deadline = time.monotonic() + 10
    while processes_of(environment["TMPDIR"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(environment["TMPDIR"]) == []
    # No process is left to remove the folder for temporary files.
    shutil.rmtree(next(Path(environment["TMPDIR"]).glob("connect-constructs-*")))


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing (apt install curl)")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_calls_to_paste_work_and_ctrl_c_removes_everything(environment: dict[str, str], ending: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "local"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        printed = ""
        while "Ctrl-C stops it" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        credentials = next(line for line in printed.splitlines() if "export AWS_ACCESS_KEY_ID=" in line)
        curl = printed.partition("curl:\n")[2].partition("\n\n")[0]
        pasted = subprocess.run(
            ["/bin/sh", "-c", f"{credentials}\n{curl}"], env=environment, capture_output=True, text=True, check=False
        )

        process.send_signal(ending)
        assert process.wait(20) == 130

    assert pasted.stdout.startswith("HTTP/1.1 200"), pasted.stdout + pasted.stderr


def test_ctrl_c_while_it_starts_removes_everything(environment: dict[str, str]) -> None:
    for seconds in (0, 0.7, 2.2):
        with subprocess.Popen(
            [*COMMAND, "local"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            process.stdout.readline()  # after its first step
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=20)

        assert process.returncode == 130, stderr
        assert "Traceback" not in stderr
        assert processes_of(environment["TMPDIR"]) == []


def test_template_that_is_refused_is_not_quoted_in_full(environment: dict[str, str], app: Path) -> None:
    write_app(
        app,
        """
from aws_cdk import Stack, aws_sqs as sqs
sqs.Queue(Stack(app, "Odd"), "Queue", queue_name="{{resolve:nothing:" + "x" * 60_000 + "}}")
""",
    )

    ran = run("local", environment=environment, directory=app)

    assert ran.returncode == 1
    assert ran.stderr.startswith("error: Odd: CloudFormation refuses the template: ")
    assert len(ran.stderr) < 700
