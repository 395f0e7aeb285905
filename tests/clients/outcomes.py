"""Runs the cases and keeps their outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from tests.clients.call import Answer, Client, Credentials
from tests.clients.cases import UPDATE_CONTACT_ATTRIBUTES, Caller, Case
from tests.clients.http_forms import as_text
from tests.clients.target import Target, TargetName

# More calls than all clients make together during a fault.
_ALL_CALLS = 1_000_000

# Most of a call's time is the start of a command: more at once would not be faster on two cores.
_CALLS_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of one client's call."""

    answer: Answer | None = None
    # The exception, if there was no answer.
    failure: Exception | None = None
    parameters: dict[str, Any]
    # The contact afterwards.
    attributes: dict[str, str]
    details: dict[str, Any]
    # The number of calls that arrived at Amazon Connect; None if clients called concurrently.
    attempts: int | None = None


class Outcomes:
    """Runs cases before the tests ask for their outcomes. A context manager.

    A fault affects whatever call comes next. So the cases of a target run one after another, each for all clients at
    once, and nothing else calls the targets meanwhile: test_matrix waits for all outcomes before it ends.
    """

    def __init__(self, targets: Iterable[Target], clients: Sequence[Client], cases: Iterable[Case]) -> None:
        """:param cases: The cases to run."""
        self._clients = clients
        self._calls = ThreadPoolExecutor(_CALLS_AT_ONCE)
        self._lanes: list[ThreadPoolExecutor] = []
        self._futures: dict[tuple[TargetName, str], Future[dict[str, Outcome]]] = {}
        distinct = {case.name: case for case in cases}
        for target in targets:
            lane = ThreadPoolExecutor(1)
            self._lanes.append(lane)
            for case in distinct.values():
                if target.name in case.answers:
                    self._futures[target.name, case.name] = lane.submit(self._run, target, case)

    def __enter__(self) -> Outcomes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for executor in [*self._lanes, self._calls]:
            executor.shutdown(cancel_futures=True)

    def of(self, target: TargetName, case: Case, client: Client) -> Outcome:
        """The outcome of the call by `client`. Waits for it."""
        return self._futures[target, case.name].result()[client.name]

    def _run(self, target: Target, case: Case) -> dict[str, Outcome]:
        with _circumstances(target, case):
            if case.max_attempts > 1:
                return {client.name: _counted(target, case, client) for client in self._clients}
            outcomes = self._calls.map(lambda client: _outcome(target, case, client), self._clients)
            return dict(zip((client.name for client in self._clients), outcomes, strict=True))


@contextmanager
def _circumstances(target: Target, case: Case) -> Iterator[None]:
    """Set up what the case needs, and undo it at the end."""
    if case.fault:
        target.connect.inject(case.fault, calls=_ALL_CALLS, operation=case.operation)
    closed = target.closed_gateway if case.closed_gateway else nullcontext
    assert closed, f"{target.name}: no API Gateway to be closed"
    try:
        with closed():
            yield
    finally:
        target.connect.clear_faults()


def _counted(target: Target, case: Case, client: Client) -> Outcome:
    before = target.connect.calls[case.operation]
    outcome = _outcome(target, case, client)
    return replace(outcome, attempts=target.connect.calls[case.operation] - before)


def _outcome(target: Target, case: Case, client: Client) -> Outcome:
    contact_id = f"{case.name} by {client.name}{case.id_suffix}" if case.id_suffix else None
    contact_id = target.connect.create_contact(contact_id=contact_id)
    parameters = case.parameters(target, contact_id)
    answer, failure = None, None
    try:
        call = target.call(case.operation, parameters)
        answer = client.call(
            replace(call, credentials=_credentials(target, case.caller), max_attempts=case.max_attempts)
        )
    except Exception as error:  # Only this client's test must fail.
        failure = error
    contact = target.connect.contact(contact_id)
    return Outcome(
        answer=answer,
        failure=failure,
        parameters=parameters,
        attributes=contact.attributes,
        details=contact.details,
    )


def _credentials(target: Target, caller: Caller) -> Credentials | None:
    match caller:
        case Caller.UNSIGNED:
            return None
        case Caller.WITHOUT_PERMISSION:
            assert target.without_permission, f"{target.name}: no case with permissions"
            return target.without_permission
        case Caller.WITH_UNKNOWN_KEY:
            return replace(target.permitted, access_key_id="AKIANOBODYHASTHISKEY")
        case Caller.WITH_WRONG_SECRET:
            return replace(target.permitted, secret_access_key="wrong")
        case Caller.PERMITTED:
            return target.permitted


def sent_is_stored(case: Case, client: Client, outcome: Outcome) -> bool:
    """Whether the contact has exactly what was sent."""
    sent = as_text(outcome.parameters) if client.makes_text_of_values else outcome.parameters
    if case.operation == UPDATE_CONTACT_ATTRIBUTES:
        return bool(outcome.attributes == sent["Attributes"])
    return outcome.details == {name: sent[name] for name in sent.keys() - {"InstanceId", "ContactId"}}


def is_untouched(outcome: Outcome) -> bool:
    """Whether the contact is as it was created."""
    return not outcome.attributes and not outcome.details
