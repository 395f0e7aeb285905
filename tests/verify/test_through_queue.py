"""The command against an endpoint with a queue, and through the queue.

The deployed function takes about six minutes to reject an update. So these tests stop it and put the dead letters of
the command's own updates into the queue themselves, in the form documented in docs/queue.md, with Amazon Connect's
reason.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.verify.dead_letters import DeadLetterQueue
from tests.verify.verify_command import Ran, User, Verify

Letter = dict[str, Any]

NOT_FOUND = {"type": "ResourceNotFoundException", "reason": "Contact not found", "rejectedAt": "2026-11-23T05:31:52Z"}
SQS_ACTIONS = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]


class Queues:
    """The deployed queue, with its function stopped, and its dead-letter queue."""

    def __init__(self, local: LocalAws) -> None:
        self.local = local
        self.sqs = local.client("sqs")
        outputs = local.outputs["ContactUpdates"]
        self.dead_letter_arn = outputs["DeadLetterQueueArn"]
        self.url, self.dead_letter_url = (
            self.sqs.get_queue_url(QueueName=outputs[name].rpartition(":")[2])["QueueUrl"]
            for name in ("QueueArn", "DeadLetterQueueArn")
        )

    def purge(self) -> None:
        """Empty both queues, including invisible messages."""
        for url in (self.url, self.dead_letter_url):
            self.sqs.purge_queue(QueueUrl=url)

    def dead_letters(self) -> list[Letter]:
        """Receive and delete the visible dead letters."""
        return self.take(self.dead_letter_url)

    def put(self, letter: Letter, group: str | None = None) -> None:
        self.sqs.send_message(
            QueueUrl=self.dead_letter_url,
            MessageBody=json.dumps(letter),
            MessageGroupId=group or str(uuid.uuid4()),
            MessageDeduplicationId=str(uuid.uuid4()),
        )

    @contextmanager
    def rejecting(self, change: Callable[[Letter], Letter]) -> Iterator[list[Letter]]:
        """Turn each accepted update into the dead letter that `change` makes of it. Yields the updates."""
        updates: list[Letter] = []
        ended = Event()

        def reject() -> None:
            while not ended.wait(0.05):
                for update in self.take(self.url):
                    updates.append(update)
                    self.put(change(update))

        thread = Thread(target=reject, daemon=True)
        thread.start()
        try:
            yield updates
        finally:
            ended.set()
            thread.join()

    def take(self, url: str) -> list[Letter]:
        """Receive and delete all visible messages of the queue."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


@pytest.fixture(scope="module")
def stopped(local_aws_with_queue: LocalAws) -> Iterator[Queues]:
    functions = local_aws_with_queue.client("lambda")
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield Queues(local_aws_with_queue)
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.fixture
def queues(stopped: Queues, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    monkeypatch.setattr("connect_constructs.verify.dead_letters._POLL_SECONDS", 0.1)
    stopped.purge()
    yield stopped
    stopped.purge()


@pytest.fixture(scope="module")
def owner(stopped: Queues) -> User:
    """May call the endpoint and use the dead-letter queue."""
    return _user(stopped, SQS_ACTIONS)


def _user(queues: Queues, actions: list[str]) -> User:
    local, name = queues.local, f"verify-{uuid.uuid4()}"
    user = local.create_user(name, may_invoke=local.invoke_arn(local.rest_apis[0]))
    statement = {"Effect": "Allow", "Action": actions, "Resource": queues.dead_letter_arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    local.client("iam").put_user_policy(UserName=name, PolicyName="Queue", PolicyDocument=document)
    return user


@pytest.fixture
def run(queues: Queues, owner: User, verify: Verify, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    verify.act_as(owner)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", queues.local.url)
    arn = f"arn:aws:connect:us-east-1:000000000000:instance/{queues.local.connect.instance_ids[0]}"
    return lambda *arguments: verify("--endpoint", queues.local.endpoint, "--instance-arn", arn, *arguments)


def _letter(update: Letter) -> Letter:
    return {**update, "rejection": NOT_FOUND}


def _through(ran: Ran) -> dict[str, dict[str, Any]]:
    """The rows about the result of accepted updates."""
    return {name: row for name, row in ran.rows.items() if name.endswith(", through queue")}


def test_stops_at_the_202(run: Callable[..., Ran], queues: Queues) -> None:
    ran = run("--json")

    assert (ran.code, ran.failed) == (0, set()), ran.output
    ids = {row: ran.rows[row]["answer"]["updateId"] for row in ran.rows if "answer" in ran.rows[row]}
    assert ids["ARN as a path label, encoded"] == ids["UpdateContact"] != ids["UpdateContactAttributes"]
    assert ids["doubled slash before the path"] == ids["UpdateContactAttributes"]
    # The same call is one update. There are two, and the user is told so.
    (first, second) = [update["updateId"] for update in queues.take(queues.url)]
    assert {first, second} == {ids["UpdateContact"], ids["UpdateContactAttributes"]}
    assert first in ran.errors
    assert second in ran.errors
    assert "--through-queue" in ran.errors


def test_waits_for_its_own_dead_letters_and_leaves_all_others(run: Callable[..., Ran], queues: Queues) -> None:
    # More than one receive of them, two of one group, and one that is not in the queue's format.
    others = [{"updateId": str(uuid.uuid4()), "number": number} for number in range(23)]
    for other in others:
        queues.put(other)
    queues.put({"unreadable": "x"})
    queues.put({"updateId": "a", "number": 1}, group="one")
    queues.put({"updateId": "b", "number": 2}, group="one")

    with queues.rejecting(_letter) as updates:
        ran = run("--through-queue", queues.dead_letter_arn, "--json")

    assert (ran.code, ran.failed) == (0, set()), ran.output
    rows = _through(ran)
    assert list(rows) == ["UpdateContactAttributes, through queue", "UpdateContact, through queue"]
    for row in rows.values():
        assert row["expected"] == "a dead letter: ResourceNotFoundException of Amazon Connect itself"
        assert row["seen"] in {
            f'after 0 min {seconds} s: ResourceNotFoundException "Contact not found", deleted' for seconds in range(60)
        }
    # Reported before anything was sent.
    assert ran.errors.splitlines()[0].startswith("An endpoint with a queue accepts an update for each operation")
    assert "alarms" in ran.errors.splitlines()[0]
    # All others are still there and can be received at once.
    left = queues.dead_letters()
    assert len(left) == 26
    assert [letter["number"] for letter in left if letter.get("updateId") in {"a", "b"}] == [1, 2]
    assert {letter.get("updateId") for letter in left} >= {other["updateId"] for other in others}
    assert {letter.get("updateId") for letter in left}.isdisjoint(update["updateId"] for update in updates)


def test_queue_is_known_by_its_url(run: Callable[..., Ran], queues: Queues, verify: Verify) -> None:
    """Then sqs:GetQueueUrl is not needed. This prints the table."""
    verify.act_as(_user(queues, [action for action in SQS_ACTIONS if action != "sqs:GetQueueUrl"]))
    assert run("--through-queue", queues.dead_letter_arn) == (
        1,
        "",
        "An endpoint with a queue accepts an update for each operation. About six minutes later, each becomes a dead "
        "letter, and alarms on the dead-letter queue go off. This run deletes its own dead letters and no others. "
        "Until then, alarms may go off.\n"
        "error: the dead-letter queue: SQS answered get_queue_url with AccessDenied; pass the queue's URL instead of "
        "its ARN to avoid this call\n",
    )

    with queues.rejecting(_letter):
        ran = run("--through-queue", queues.dead_letter_url)

    assert (ran.code, queues.dead_letters()) == (0, [])
    assert ran.output.endswith("\n\nall 16 rows as expected\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            lambda update: {**update, "rejection": {**NOT_FOUND, "type": "InvalidRequestException"}},
            "not because the contact is unknown to Amazon Connect",
            id="another type",
        ),
        pytest.param(
            lambda update: {
                **update,
                "rejection": {**NOT_FOUND, "reason": "The instance or the contact was not found."},
            },
            "bound to another instance",
            id="the function's own reason",
        ),
        pytest.param(lambda update: update, "not because the contact", id="moved by SQS, without a rejection"),
        pytest.param(lambda update: {**_letter(update), "requestId": "another"}, "requestId", id="of another request"),
    ],
)
def test_other_dead_letter_fails_and_is_deleted(
    change: Callable[[Letter], Letter], says: str, run: Callable[..., Ran], queues: Queues
) -> None:
    with queues.rejecting(change):
        ran = run("--through-queue", queues.dead_letter_arn, "--json")

    assert ran.code == 1
    assert ran.failed == _through(ran).keys()
    assert len(ran.failed) == 2
    assert all(says in row["meaning"] for row in _through(ran).values())
    assert queues.dead_letters() == []


def test_time_is_bounded(run: Callable[..., Ran], queues: Queues) -> None:
    """One update is rejected while the other waits."""

    def only_details(update: Letter) -> Letter:
        return _letter(update) if update["operation"] == "UpdateContact" else {}

    with queues.rejecting(only_details):
        ran = run("--through-queue", queues.dead_letter_arn, "--queue-timeout", "3", "--json")

    waiting = "UpdateContactAttributes, through queue"
    assert (ran.code, ran.failed) == (1, {waiting})
    assert ran.rows[waiting]["seen"] == "no dead letter within 0 min 3 s"
    assert "1 of 2 updates still wait" in ran.errors


def test_endpoint_without_a_queue_has_nothing_to_wait_for(
    queues: Queues, local_aws: LocalAws, caller: User, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify.act_as(caller)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", queues.local.url)
    arn = f"arn:aws:connect:us-east-1:000000000000:instance/{local_aws.connect.instance_ids[0]}"
    options = ["--endpoint", local_aws.endpoint, "--instance-arn", arn, "--through-queue", queues.dead_letter_url]

    ran = verify(*options, "--json")

    assert (ran.code, ran.failed) == (1, {"through the queue"})
    assert "has no queue" in ran.rows["through the queue"]["meaning"]


def test_missing_permissions_are_told(run: Callable[..., Ran], queues: Queues, verify: Verify) -> None:
    verify.act_as(_user(queues, ["sqs:GetQueueUrl"]))
    ran = run("--through-queue", queues.dead_letter_arn, "--json")
    assert ran.failed == _through(ran).keys()
    assert len(ran.failed) == 2
    assert "sqs:ReceiveMessage" in next(iter(_through(ran).values()))["meaning"]

    verify.act_as(_user(queues, [action for action in SQS_ACTIONS if action != "sqs:ChangeMessageVisibility"]))
    queues.purge()
    queues.put({"updateId": "another"})
    with queues.rejecting(_letter):
        ran = run("--through-queue", queues.dead_letter_arn, "--json")
    assert (ran.code, ran.failed) == (0, set())
    assert "1 other dead letters are visible again only after 60 s" in ran.errors


class _HugeQueue:
    """An SQS that never runs out of other dead letters."""

    def __init__(self) -> None:
        self.received = 0
        self.shown_again = 0

    def receive_message(self, **_: Any) -> dict[str, Any]:
        handles = range(self.received, self.received + 10)
        self.received += 10
        return {"Messages": [{"Body": '{"updateId": "x"}', "ReceiptHandle": str(handle)} for handle in handles]}

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        self.shown_again += sum(entry["VisibilityTimeout"] == 0 for entry in Entries)
        return {"Successful": Entries}


def test_look_into_a_huge_queue_ends_and_shows_all_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connect_constructs.verify.dead_letters._LOOK_SECONDS", 0.05)
    huge = _HugeQueue()
    reports: list[str] = []

    found = DeadLetterQueue(huge, "https://queue", report=reports.append).take({"own"})

    assert found == {}
    assert huge.shown_again == huge.received > 0
    assert reports == []


def test_interrupted_look_shows_all_again() -> None:
    huge = _HugeQueue()
    receive = huge.receive_message

    def interrupted(**options: Any) -> dict[str, Any]:
        if huge.received == 30:
            raise KeyboardInterrupt
        return receive(**options)

    huge.receive_message = interrupted  # type: ignore[method-assign]

    with pytest.raises(KeyboardInterrupt):
        DeadLetterQueue(huge, "https://queue", report=print).take({"own"})

    assert huge.shown_again == 30
