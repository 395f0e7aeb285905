"""The command line: what it prints, how it ends, and that nothing of it stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "connect_constructs.cli"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The own one, with a folder for temporary files in which whatever is left can be seen."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A CDK app's folder, whose app is still to be written."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    return folder


@pytest.fixture(autouse=True)
def nothing_stays(environment: dict[str, str]) -> Iterator[None]:
    yield
    # Node keeps its compile cache there, for all of its programs.
    left = [path.name for path in Path(environment["TMPDIR"]).iterdir() if path.name != "node-compile-cache"]
    assert left == []
    assert processes_of(environment["TMPDIR"]) == []


def processes_of(temporary: str) -> list[str]:
    """The command lines of running processes that know of the folder for temporary files."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended, or is somebody else's
        if temporary.encode() in known and process.name != str(os.getpid()):
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def run(*arguments: str, environment: dict[str, str], directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, cwd=directory, capture_output=True, text=True, timeout=120, check=False
    )


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
    assert "error: synthesising the app failed:" in ran.stderr
    assert "instance_arn: expected an instance ARN" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_wrong_context_is_a_usage_error(environment: dict[str, str]) -> None:
    ran = run("local", "-c", "no-equals-sign", environment=environment)

    assert ran.returncode == 2
    assert "expected KEY=VALUE" in ran.stderr


def test_folder_without_an_app_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    ran = run("local", environment=environment, directory=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: no cdk.json in ")


def test_failed_deployment_shows_the_reason(environment: dict[str, str], app: Path) -> None:
    (app / "app.py").write_text(
        "from aws_cdk import App, CfnResource, Stack\n"
        "app = App()\n"
        "stack = Stack(app, 'Broken')\n"
        "CfnResource(stack, 'Url', type='AWS::Lambda::Url', properties={\n"
        "    'TargetFunctionArn': 'arn:aws:lambda:us-east-1:000000000000:function:none', 'AuthType': 'NONE'})\n"
        "CfnResource(stack, 'Mapping', type='AWS::Lambda::EventSourceMapping', properties={\n"
        "    'FunctionName': 'none', 'EventSourceArn': 'arn:aws:sqs:us-east-1:000000000000:none'})\n"
        "app.synth()\n"
    )

    ran = run("local", "--demo", environment=environment, directory=app)

    assert ran.returncode == 1
    assert "error: deploying failed:" in ran.stderr
    assert "Broken" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_foreign_app_deploys_without_what_the_emulator_refuses(environment: dict[str, str], app: Path) -> None:
    """Also from a stage, with a nested stack, with a bootstrap of its own name."""
    qualifier = {"@aws-cdk/core:bootstrapQualifier": "acme"}
    (app / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py", "context": qualifier}))
    (app / "app.py").write_text(
        "from aws_cdk import App, CfnOutput, NestedStack, Stack, Stage, aws_connect as connect\n"
        "from connect_constructs import ConnectInstance, ContactUpdateApi\n"
        "app = App()\n"
        "stack = Stack(Stage(app, 'Test'), 'Foreign')\n"
        "nested = NestedStack(stack, 'Nested')\n"
        "made = connect.CfnInstance(nested, 'Made', identity_management_type='CONNECT_MANAGED', attributes={\n"
        "    'inboundCalls': True, 'outboundCalls': True})\n"
        "instance = ConnectInstance.from_cfn_instance(nested, 'Instance', made)\n"
        "ContactUpdateApi(nested, 'Updates', instance=instance)\n"
        "CfnOutput(stack, 'Id', value=made.attr_id)\n"
        "app.synth()\n"
    )

    ran = run("local", "--demo", environment=environment, directory=app)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "left out what the emulator does not have: AWS::Connect::Instance" in ran.stdout
    assert "set 2 request validators" in ran.stdout
    assert "Order 4711, express" in ran.stdout


def test_users_aws_settings_and_proxy_stay_out_of_it(environment: dict[str, str], app: Path, tmp_path: Path) -> None:
    """The app is not synthesised for the user's account and Region, and nobody asks the real AWS for them."""
    settings = tmp_path / "home" / ".aws" / "config"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        "[default]\nregion = eu-west-1\naws_access_key_id = AKIAUSERSOWN\naws_secret_access_key = unused\n"
    )
    (app / "app.py").write_text(
        "import os\n"
        "from aws_cdk import App, Environment, Stack\n"
        "from connect_constructs import ConnectInstance, ContactUpdateApi\n"
        "app = App()\n"
        "account, region = os.environ['CDK_DEFAULT_ACCOUNT'], os.environ['CDK_DEFAULT_REGION']\n"
        "stack = Stack(app, 'Mine', env=Environment(account=account, region=region))\n"
        "arn = app.node.get_context('instance_arn')\n"
        "ContactUpdateApi(stack, 'Updates', instance=ConnectInstance.from_instance_arn(stack, 'Instance', arn))\n"
        "app.synth()\n"
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
    # The folder for temporary files is what nobody is left to remove.
    shutil.rmtree(next(Path(environment["TMPDIR"]).glob("connect-constructs-*")))


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine to paste a call of it; CI has it")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
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
            process.stdout.readline()  # its first step is done
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=20)

        assert process.returncode == 130, stderr
        assert "Traceback" not in stderr
        assert processes_of(environment["TMPDIR"]) == []
