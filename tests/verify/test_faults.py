"""How the command handles faults behind the endpoint, throttles, and calls without a response."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.faults import ErrorAnswer, Fault, Reset
from tests.verify.sabotages import END
from tests.verify.sabotaging_proxy import Forward, Request, Response, error
from tests.verify.verify_command import Sabotaged, User, Verify

pytestmark = pytest.mark.usefixtures("unthrottled")


@contextmanager
def _suffering(local: LocalAws, fault: Fault) -> Iterator[None]:
    """Inject the fault into all calls of Amazon Connect."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local.connect, "receive", lambda _: fault)
        yield


@pytest.mark.parametrize(
    "fault",
    [
        # Amazon Connect's answer to a role without permission. The emulator does not check calls of Amazon Connect.
        pytest.param(ErrorAnswer(403, "AccessDeniedException"), id="the function's role may not"),
        pytest.param(Reset(), id="Amazon Connect is down"),
    ],
)
def test_fault_behind_the_function_is_seen(
    fault: Fault, local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify
) -> None:
    verify.act_as(caller)

    with _suffering(local_aws, fault):
        ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")

    assert (ran.code, ran.failed) == (1, END)
    row = ran.rows["UpdateContact"]
    assert row["seen"].startswith("500 InternalServiceException")
    assert "its role is not allowed to" in row["meaning"]
    # The function's log has this id.
    assert row["answer"]["requestIds"][0] in row["meaning"]


def test_throttle_is_waited_for(sabotaged: Sabotaged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connect_constructs.verify.endpoint._THROTTLE_WAIT_SECONDS", 0.01)
    seen: list[str] = []

    def throttles_every_first_call(request: Request, forward: Forward) -> Response:
        key = f"{request.method} {request.path} {request.body!r} {request.header('authorization')!r:.10}"
        seen.append(key)
        if seen.count(key) == 1:
            return error(429, "ThrottlingException", "Too many requests.")
        return forward(request)

    assert sabotaged(throttles_every_first_call, "--json").code == 0

    ran = sabotaged(lambda request, forward: error(429, "ThrottlingException", "Too many requests."), "--json")
    assert ran.code == 1
    assert "throttled by other callers" in ran.rows["UpdateContact"]["meaning"]


def test_call_without_an_answer_is_a_failed_row(sabotaged: Sabotaged) -> None:
    def hangs_up_on_content_types(request: Request, forward: Forward) -> Response:
        if request.header("content-type") == "text/plain":
            raise ConnectionAbortedError
        return forward(request)

    ran = sabotaged(hangs_up_on_content_types, "--json")

    assert ran.failed == {"another content type"}
    assert ran.rows["another content type"]["seen"].startswith("no answer: ConnectionClosedError")
