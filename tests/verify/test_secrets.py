"""The command prints none of the caller's secrets."""

from __future__ import annotations

import json

import pytest

from tests.verify.sabotaging_proxy import Forward, Request, Response
from tests.verify.verify_command import ORIGIN, Sabotaged, User

pytestmark = pytest.mark.usefixtures("unthrottled")


def test_nothing_secret_is_printed(sabotaged: Sabotaged, caller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even if every response repeats the whole request."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token-of-the-caller")
    signatures: list[str] = []

    def repeats(request: Request, _: Forward) -> Response:
        authorization = request.header("authorization") or ""
        signatures.append(authorization.rpartition("Signature=")[2])
        everything = " ".join(f"{name}: {value}" for name, value in request.headers)
        body = json.dumps({"__type": signatures[-1] or "A", "message": everything, "Message": everything}).encode()
        headers = (
            ("x-amzn-ErrorType", signatures[-1] or "A"),
            ("x-amzn-RequestId", request.header("x-api-key") or "A"),
            ("Update-Id", request.header("x-amz-security-token") or "A"),
            ("Access-Control-Allow-Origin", authorization or "A"),
        )
        return Response(400, headers, body)

    for form in ([], ["--json"]):
        ran = sabotaged(repeats, "--api-key", "api-key-of-the-caller", "--origin", ORIGIN, *form)
        printed = ran.output + ran.errors
        assert ran.code == 1
        assert len(set(signatures)) > 5
        for secret in (caller[1], "session-token-of-the-caller", "api-key-of-the-caller", *filter(None, signatures)):
            assert secret not in printed

    ran = sabotaged(repeats, "--header", "Authorization: Bearer token-of-the-caller", "--json")
    assert "token-of-the-caller" not in ran.output + ran.errors
