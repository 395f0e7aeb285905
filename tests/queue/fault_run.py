"""Sends many updates through the deployed queue while everything around it fails, and checks the result with a model.

The model: a contact's final state is that of its accepted updates without the rejected ones, applied in the order of
their 202s; the dead-letter queue has exactly the rejected ones; the queue is empty.

    python -m tests.queue.fault_run --updates 3000 --contacts 300 --seed 1

The seed determines the updates and the faults, but not their timing.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.httpsession import URLLib3Session

from connect_constructs.local.amazon_connect import AmazonConnect
from tests.queue.chaos import KILLED, Chaos, FaultProxy
from tests.queue.deployed_queue import DeployedQueue, Print, deployed_queue, post
from tests.queue.model import MEAN_BURST, ModelContact, Update, plan_updates

# The share of the contacts that are created with their first update. They come first, because an update that is too
# early for its contact is retried after a minute.
_NEW_CONTACTS = 0.1
_LONGEST_PROPAGATION_SECONDS = 30
_TOO_EARLY = ("ResourceNotFoundException", "InvalidRequestException")
_PRODUCERS = 3
_SENDS_PER_SECOND = 15
# Each round of faults has this many updates.
_UPDATES_A_ROUND = 300


@dataclass
class _Progress:
    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: int = 0
    sent_again: int = 0
    # The share of the updates that may be sent by now, so that some are left for later faults.
    may_be_sent: float = 0.0
    # Whether the run has failed.
    stopped: bool = False


@dataclass
class Result:
    seed: int
    updates: int
    contacts: int
    accepted: int
    sent_again: int
    faults: Counter[str]
    # The number of calls for contacts that Amazon Connect did not know yet.
    too_early: int
    calls: int
    dead_letters: int
    seconds: float
    violations: list[str]

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items()) if kind != KILLED)
        lines = [
            f"seed {self.seed}: {self.updates} updates to {self.contacts} contacts, {self.sent_again} sent again, "
            f"{self.accepted} accepted",
            f"faults: {faults}",
            f"kills of the consumer: {self.faults[KILLED]}",
            f"calls to Amazon Connect: {self.calls}, of which {self.too_early} were too early for a new contact",
            f"dead letters: {self.dead_letters}",
            f"seconds: {self.seconds:.1f}",
            *[f"VIOLATION: {violation}" for violation in self.violations],
        ]
        return "\n".join([*lines, "the model holds" if not self.violations else "the model does not hold"])


def microburst() -> str | None:
    """The path of microburst. None if it is not installed."""
    beside = Path(sys.executable).with_name("microburst")
    return str(beside) if beside.exists() else shutil.which("microburst")


def run(
    queue: DeployedQueue,
    command: str,
    *,
    seed: int,
    updates: int,
    contacts: int,
    kills: int = 3,
    drain_seconds: float = 120,
    show: Print = print,
) -> Result:
    """Send the updates, inject the faults, wait for the queue to become empty, and compare.

    :param command: The path of microburst.
    :param kills: How often the consumer is killed in each round of faults.
    :param drain_seconds: The time that the queue has to become empty after the last fault.
    """
    started = time.monotonic()
    rng = random.Random(seed)  # noqa: S311 - runs must be repeatable
    connect = queue.connect
    plan = plan_updates(rng, updates, contacts)
    new = list(dict.fromkeys(update.contact for update in plan))[: max(1, int(contacts * _NEW_CONTACTS))]
    models = [_model(connect, rng, is_new=number in new) for number in range(contacts)]
    queue.take_dead_letters()
    connect.answers_with_body = True
    proxy = FaultProxy(command, queue.local.connect_url)
    progress = _Progress()
    try:
        proxy.start()
        calls_before = sum(connect.calls.values())
        too_early_before = sum(connect.refused[name] for name in _TOO_EARLY)
        queue.set_consumer(SECONDS_PER_CALL="0.01", AWS_ENDPOINT_URL_CONNECT=proxy.url)
        with ThreadPoolExecutor(_PRODUCERS) as pool:
            producers = [
                pool.submit(_produce, queue, [u for u in plan if u.contact % _PRODUCERS == part], models, progress)
                for part in range(_PRODUCERS)
            ]

            def sending() -> bool:
                return not all(each.done() for each in producers)

            chaos = Chaos(queue, proxy, rng, busy=lambda: sending() or queue.waiting() > 0)
            try:
                strikes = chaos.strikes(max(1, updates // _UPDATES_A_ROUND), kills)
                for number, kind in enumerate(strikes, start=1):
                    progress.may_be_sent = number / len(strikes)
                    # There are faults from the first update to the last.
                    while sending() and progress.sent < (number - 1) / len(strikes) * updates - _PRODUCERS:
                        time.sleep(0.05)
                    count = chaos.strike(kind)
                    progress.may_be_sent = (number + 0.5) / len(strikes)
                    chaos.wait_for_recovery()
                    seconds = time.monotonic() - started
                    show(f"{seconds:6.1f} s {progress.sent} sent, {queue.waiting()} waiting; {kind}: {count}")
            except BaseException:
                progress.stopped = True
                raise
            progress.may_be_sent = 1
        show(f"{time.monotonic() - started:6.1f} s all sent, no more faults")
        violations = [*chaos.violations, *_failures(producers)]
        deadline = time.monotonic() + drain_seconds
        while not queue.wait_until_empty(5) and time.monotonic() < deadline:
            show(f"{time.monotonic() - started:6.1f} s {queue.waiting()} waiting")
        if left := queue.waiting():
            violations.append(f"the queue still has {left} messages after {drain_seconds} seconds without faults")
        letters = queue.take_dead_letters()
    finally:
        proxy.stop()
        connect.answers_with_body = False
        queue.set_consumer(SECONDS_PER_CALL="0.01")
    violations += _differences(connect, models, letters)
    return Result(
        seed=seed,
        updates=updates,
        contacts=contacts,
        accepted=progress.sent,
        sent_again=progress.sent_again,
        faults=chaos.fired,
        too_early=sum(connect.refused[name] for name in _TOO_EARLY) - too_early_before,
        calls=sum(connect.calls.values()) - calls_before,
        dead_letters=len(letters),
        seconds=time.monotonic() - started,
        violations=violations,
    )


def _model(connect: AmazonConnect, rng: random.Random, *, is_new: bool) -> ModelContact:
    if is_new:
        return ModelContact(str(uuid.UUID(int=rng.getrandbits(128), version=4)), is_new)
    return ModelContact(connect.create_contact(attributes={"before": "1"}), attributes={"before": "1"})


def _create(connect: AmazonConnect, model: ModelContact) -> None:
    """Create a contact just before its first update. For half of them, calls are invalid requests at first."""
    number = uuid.UUID(model.contact_id).int
    connect.create_contact(
        contact_id=model.contact_id,
        visible_after_seconds=5 + number % _LONGEST_PROPAGATION_SECONDS,
        error_until_visible=_TOO_EARLY[number % 2],
    )
    model.is_new = False


def _produce(queue: DeployedQueue, plan: list[Update], models: list[ModelContact], progress: _Progress) -> None:
    """Send the updates one after another, so that they are accepted in the order of the answers."""
    user, session = queue.create_caller(), URLLib3Session()
    contact = None
    for number, update in enumerate(plan):
        # A contact's updates come in bursts, so that faults affect batches in which one update waits behind another.
        if update.contact != contact:
            time.sleep(MEAN_BURST * _PRODUCERS / _SENDS_PER_SECOND)
            while number >= progress.may_be_sent * len(plan) and not progress.stopped:
                time.sleep(0.05)
        contact = update.contact
        if progress.stopped:
            return
        model = models[update.contact]
        if model.is_new:
            _create(queue.connect, model)
        headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
        if update.is_attributes:
            url = f"{queue.local.endpoint}/contact/attributes"
            ids = {"InstanceId": queue.instance_id, "InitialContactId": model.contact_id}
            body = {**ids, "Attributes": update.body}
        else:
            url = f"{queue.local.endpoint}/contacts/{queue.instance_id}/{model.contact_id}"
            body = update.body
        answers = [
            post(url, body, signed_by=user, headers=headers, session=session) for _ in range(1 + update.sent_again)
        ]
        update_ids = {answer.headers.get("update-id", "none") for answer in answers}
        if {answer.status for answer in answers} != {202} or len(update_ids) != 1:
            raise AssertionError(f"expected 202 and one id, got {answers}")
        model.accept(update, *update_ids)
        with progress.lock:
            progress.sent += 1
            progress.sent_again += update.sent_again


def _failures(producers: list[Future[None]]) -> list[str]:
    return [f"a producer: {error}" for error in (each.exception() for each in producers) if error]


def _differences(connect: AmazonConnect, models: list[ModelContact], letters: list[dict[str, Any]]) -> list[str]:
    found = []
    for model in models:
        contact = connect.contact(model.contact_id)
        for name, is_, expected in (
            ("attributes", contact.attributes, model.attributes),
            ("details", contact.details, model.details),
        ):
            for key in sorted({*is_, *expected}):
                if (got := is_.get(key)) != (wanted := expected.get(key)):
                    found.append(f"contact {model.contact_id}, {name}, {key}: expected {wanted}, got {got}"[:300])
    expected_ids = Counter(update_id for model in models for update_id in model.rejected)
    ids = Counter(letter["updateId"] for letter in letters)
    if ids != expected_ids:
        found.append(f"dead letters: missing {dict(expected_ids - ids)}, too many {dict(ids - expected_ids)}")
    types = {letter["rejection"]["type"] for letter in letters}
    if types - {"InvalidParameterException"}:
        found.append(f"dead letters: expected InvalidParameterException, got {types}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.queue.fault_run", description=__doc__.partition("\n")[0])
    parser.add_argument("--updates", type=int, default=3_000, help="how many updates are sent (default: %(default)s)")
    parser.add_argument("--contacts", type=int, default=300, help="to how many contacts (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of the updates and the faults; left out, a new one")
    parser.add_argument("--kills", type=int, default=3, help="of the consumer, each round (default: %(default)s)")
    options = parser.parse_args()
    command = microburst()
    if command is None:
        parser.error("microburst is neither beside this Python nor on the path")
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)

    def show(line: str) -> None:
        print(line, flush=True)

    with deployed_queue(show) as queue:
        # Let the batches of killed consumers come back soon. Nothing else depends on it.
        queue.set_visibility_seconds(8)
        result = run(
            queue,
            command,
            seed=seed,
            updates=options.updates,
            contacts=options.contacts,
            kills=options.kills,
            drain_seconds=600,
            show=show,
        )
    print(result, flush=True)
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
