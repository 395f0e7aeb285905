"""The documentation's shell blocks, and its Python examples that talk to AWS, run against the local AWS as printed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from sybil import Example

from connect_constructs.local import LocalAws
from connect_constructs.local.emulator import REGION, ROOT_CREDENTIALS
from tests.docs.pages import PAGES, ROOT, Block, blocks, name_of, python_examples, talks_to_aws
from tests.local.command_line import COMMAND

_AWS_CLI = ROOT / ".venv" / "aws-cli" / "bin"

# Blocks that are not run, by their beginning. The page says of each that it needs AWS.
_NEEDS_AWS = (
    "aws connect list-instances",
    "make deploy INSTANCE_ARN=",
    "cdk deploy OwnTokens ",
)
# They fetch what is to be published, or has been set up already. tests/packaging installs the wheel.
_NEEDS_NETWORK = ("git clone ", "pip install ")
# They run until Ctrl-C: tests/local/test_cli.py and tests/browser run them.
_RUNS_ON = ("connect-constructs local ",)

_SHELL_BLOCKS = {block.text: block for page in PAGES for block in blocks(page) if block.language == "sh"}
_RUN = {
    text: block
    for text, block in _SHELL_BLOCKS.items()
    if not text.startswith((*_NEEDS_AWS, *_NEEDS_NETWORK, *_RUNS_ON))
}
_ACTION_NEEDED = 1
# The AWS CLI 1 calls SQS by a legacy name, whatever AWS_ENDPOINT_URL says (its overridesslcommonname.py). And make
# would rebuild an outdated setup under the running tests.
_PRELUDE = """
aws() {
    if [ "$1" = sqs ]; then command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; else command aws "$@"; fi
}
make() { command make --old-file setup "$@"; }
"""


def output_shown(shell: Block) -> str | None:
    """The text block that follows the shell block at once, or after one sentence: what it prints."""
    following = iter(blocks(ROOT / shell.page))
    block = next(block for block in following if block.text == shell.text)
    then = next(following, None)
    if not then or then.language != "text":
        return None
    between = then.before[len(block.before) :].partition("```")[2].partition("```")[2]
    return then.text if between.count("\n\n") <= 2 else None


def matches(shown: str, printed: str) -> bool:
    """Whether it is what was printed, `…` standing for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    return bool(re.fullmatch(pattern, printed.strip(), re.DOTALL))


@pytest.fixture
def deployed(page: str, request: pytest.FixtureRequest) -> LocalAws:
    """The app that the page is about: on the queue's page, with a queue."""
    local: LocalAws = request.getfixturevalue("local_aws_with_queue" if page == "docs/queue.md" else "local_aws")
    return local


@pytest.fixture
def contact_id(deployed: LocalAws) -> str:
    return deployed.connect.create_contact()


@pytest.fixture
def variables(deployed: LocalAws, contact_id: str, tmp_path: Path) -> dict[str, str]:
    """What a reader has set: credentials, and the variables that the pages name."""
    outputs = {name: value for stack in deployed.outputs.values() for name, value in stack.items()}
    dead_letters = outputs.get("DeadLetterQueueArn", "")
    mappings = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return {
        **ROOT_CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": deployed.url,
        "AWS_ENDPOINT_URL_CONNECT": deployed.connect_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CONTACT_ID": contact_id,
        "DEAD_LETTER_QUEUE_ARN": dead_letters,
        "DEAD_LETTER_QUEUE_URL": f"{deployed.url}/{deployed.account}/{dead_letters.rpartition(':')[2]}",
        "ENDPOINT": deployed.endpoint,
        "EVENT_SOURCE_UUID": next((mapping["UUID"] for mapping in mappings), ""),
        "HOME": str(tmp_path),
        "INSTANCE_ARN": deployed.instance_arns[0],
        "INSTANCE_ID": deployed.connect.instance_ids[0],
        "NO_PROXY": "127.0.0.1",
        "QUEUE_ARN": outputs.get("QueueArn", ""),
    }


@pytest.fixture
def emulator_knows_what_it_lacks(deployed: LocalAws) -> None:
    """Its first answer about a service that it does not have takes seconds, during which it gives no other."""
    with contextlib.suppress(ClientError):
        deployed.client("service-quotas").get_service_quota(ServiceCode="connect", QuotaCode="L-F001E5ED")


@pytest.fixture
def event_sources_as_they_were(deployed: LocalAws) -> Iterator[None]:
    client = deployed.client("lambda")
    before = client.list_event_source_mappings()["EventSourceMappings"]
    yield
    for mapping in before:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=mapping["State"] == "Enabled")


def environment(variables: dict[str, str]) -> dict[str, str]:
    # The tests may have been started by make, whose flags are not for these.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    return {**own, **variables, "PATH": os.pathsep.join([str(_AWS_CLI), os.environ["PATH"]])}


def test_blocks_that_are_not_run_are_these() -> None:
    not_run = _SHELL_BLOCKS.keys() - _RUN.keys()

    for beginnings in (_NEEDS_AWS, _NEEDS_NETWORK, _RUNS_ON):
        assert all(any(text.startswith(beginning) for text in not_run) for beginning in beginnings)
    assert len(not_run) == 10, sorted(not_run)


@pytest.mark.parametrize("beginning", _NEEDS_AWS)
def test_page_says_which_block_needs_aws(beginning: str) -> None:
    pages = [block for page in PAGES for block in blocks(page) if block.text.startswith(beginning)]

    assert pages
    for block in pages:
        paragraphs = block.before.rstrip().split("\n\n")
        assert any("needs AWS" in " ".join(paragraph.split()) for paragraph in paragraphs[-2:]), block.page


def run(block: Block, variables: dict[str, str], directory: Path) -> None:
    """Run the block in bash, and compare with what the page shows."""
    if re.search(r"^aws ", block.text, re.MULTILINE) and not _AWS_CLI.exists():
        pytest.skip("the AWS CLI 1 is missing (make clients-setup)")
    bash = shutil.which("bash")
    assert bash

    ran = subprocess.run(
        [bash, "-eu", "-o", "pipefail", "-c", _PRELUDE + block.text],
        cwd=ROOT if block.text.startswith("make ") else directory,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    shown = output_shown(block)
    assert ran.returncode == (_ACTION_NEEDED if "action needed" in (shown or "") else 0), ran.stdout + ran.stderr
    assert shown is None or matches(shown, ran.stdout), ran.stdout


@pytest.mark.parametrize(("page", "text"), [(block.page, text) for text, block in _RUN.items()])
@pytest.mark.usefixtures("emulator_knows_what_it_lacks", "event_sources_as_they_were")
def test_shell_block_runs(text: str, variables: dict[str, str], tmp_path: Path) -> None:
    run(_RUN[text], variables, tmp_path)


@pytest.mark.parametrize("beginning", ["connect-constructs client-model", "curl "])
@pytest.mark.parametrize("page", ["docs/contract.md"])
def test_call_updates_the_contact(
    beginning: str, deployed: LocalAws, contact_id: str, variables: dict[str, str], tmp_path: Path
) -> None:
    (block,) = (block for text, block in _RUN.items() if text.startswith(beginning))

    run(block, variables, tmp_path)

    assert deployed.connect.contact(contact_id).attributes["tier"] == "gold"


def examples_of(page: str) -> list[Example]:
    return [example for example in python_examples(ROOT / page) if talks_to_aws(example)]


def evaluate(example: Example, **names: object) -> None:
    example.namespace.update(names)
    example.evaluate()


@pytest.fixture
def in_a_shell(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the reader's credentials and Region."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


def test_python_examples_that_talk_to_aws_are_these() -> None:
    found = {name_of(page): len(examples_of(name_of(page))) for page in PAGES}

    assert {page: count for page, count in found.items() if count} == {
        "docs/contract.md": 1,
        "docs/queue.md": 2,  # one of them moves a retained queue's messages: tests/queue/test_deployed_queue.py
        "docs/testing.md": 1,
    }


@pytest.mark.parametrize("page", ["docs/contract.md"])
@pytest.mark.usefixtures("in_a_shell")
def test_boto3_calls_the_endpoint_with_the_client_model(
    deployed: LocalAws, contact_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where `aws configure add-model` puts it, but in another folder
    model = tmp_path / "contact-updates" / "2017-08-08" / "service-2.json"
    model.parent.mkdir(parents=True)
    with model.open("w") as file:
        subprocess.run([*COMMAND, "client-model"], stdout=file, cwd=ROOT, check=True)
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONTACT_UPDATES", deployed.endpoint)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    (example,) = examples_of("docs/contract.md")

    evaluate(example, instance_id=deployed.connect.instance_ids[0], contact_id=contact_id)

    assert deployed.connect.contact(contact_id).attributes["tier"] == "gold"


@pytest.mark.parametrize("page", ["docs/queue.md"])
@pytest.mark.usefixtures("in_a_shell")
def test_producer_sends_to_the_queue(deployed: LocalAws, contact_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (queue,) = deployed.update_queues()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    (example,) = (item for item in examples_of("docs/queue.md") if "order_event_id" in item.parsed)

    evaluate(
        example,
        queue_url=queue.url,
        contact_id=contact_id,
        order_event_id="4711",
        instance_id=deployed.connect.instance_ids[0],
    )

    deadline = time.monotonic() + 20
    while deployed.connect.contact(contact_id).attributes != {"tier": "gold"} and time.monotonic() < deadline:
        time.sleep(0.1)
    assert deployed.connect.contact(contact_id).attributes == {"tier": "gold"}


def test_documented_test_deploys_the_app_and_updates_a_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = examples_of("docs/testing.md")

    evaluate(example, instance_arn=f"arn:aws:connect:us-east-1:000000000000:instance/{uuid.uuid4()}")
