"""Each row can fail: the command against the deployed endpoint with something wrong on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.faults import ErrorAnswer, Fault, Reset
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE
from tests.stage_throttle import stage_throttle
from tests.verify.sabotaging_proxy import Forward, Request, Response, Sabotage, SabotagingProxy, error
from tests.verify.test_deployed import SIGNED_ROWS
from tests.verify.verify_command import Ran, User, Verify

# Whatever is for a contact that does not exist.
END = {
    "UpdateContactAttributes",
    "UpdateContact",
    "ARN as a path label, encoded",
    "doubled slash before the path",
}
# Answers of the function, whose own x-amzn-ErrorType must come through.
FUNCTIONS = END | {"another instance", "body that breaks the contract"}

ORIGIN = "https://crm.example.com"


@pytest.fixture(autouse=True)
def _own_limits(local_aws: LocalAws) -> Iterator[None]:
    """The many calls of this file are not to meet a throttle."""
    local_aws.connect.set_quota(rate=1_000_000, burst=1_000_000)
    with stage_throttle(local_aws, rate=1_000_000, burst=1_000_000):
        yield
    local_aws.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)


def _when(condition: Callable[[Request], bool], spoilt: Callable[[Response], Response]) -> Sabotage:
    """Spoil the answers to some requests."""

    def sabotage(request: Request, forward: Forward) -> Response:
        response = forward(request)
        return spoilt(response) if condition(request) else response

    return sabotage


def _each(spoilt: Callable[[Response], Response]) -> Sabotage:
    return _when(lambda _: True, spoilt)


def _take(response: Response) -> Response:
    """As if the update had been made."""
    return Response(200, tuple(header for header in response.headers if header[0].lower() != "x-amzn-errortype"), b"")


def _is_signed(request: Request) -> bool:
    return request.header("authorization") is not None


def _is_old(request: Request) -> bool:
    date = request.header("x-amz-date")
    return date is not None and date < time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 600))


def _takes_wrong_signatures(request: Request, forward: Forward) -> Response:
    response = forward(request)
    return _take(response) if response.error_type == "InvalidSignatureException" and not _is_old(request) else response


def _decodes_the_path(request: Request, forward: Forward) -> Response:
    return forward(replace(request, path=unquote(request.path)))


def _asks_amazon_connect_nothing(request: Request, forward: Forward) -> Response:
    """Whoever answers says of each contact what the function says of an instance that is not its own."""
    response = forward(request)
    if response.error_type != "ResourceNotFoundException":
        return response
    body = json.loads(response.body)
    own = {**body, **dict.fromkeys(("message", "Message"), "The instance or the contact was not found.")}
    return replace(response, body=json.dumps(own).encode())


def _changes_header_case_and_joins(response: Response) -> Response:
    values = [value for name, value in response.headers if name.lower() == "x-amzn-errortype"]
    return response.with_header("X-AMZN-ERRORTYPE", ", ".join([*values, "BadRequestException"])) if values else response


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS"


def _allows_every_origin(request: Request, forward: Forward) -> Response:
    if not _is_preflight(request):
        return forward(request)
    headers = (("Access-Control-Allow-Origin", request.header("origin") or ""), ("x-amzn-RequestId", "preflight"))
    return Response(204, headers, b"")


@dataclass(frozen=True)
class _Case:
    sabotage: Sabotage
    fails: set[str]
    # A part of what is said of each of these rows.
    says: str


CASES = {
    "somebody else answers for another instance": _Case(
        _when(
            lambda request: json.loads(request.body or b"{}").get("InstanceId", "7d8e6a4c")[:8] != "7d8e6a4c",
            lambda _: error(500, "InternalServiceException", "A fault."),
        ),
        {"another instance", *END},
        "",
    ),
    "Amazon Connect is not asked": _Case(_asks_amazon_connect_nothing, END, ""),
    "200 for all that is signed": _Case(
        _when(_is_signed, _take),
        {*FUNCTIONS, "another content type", "wrong signature", "signature that is too old", "unknown path"},
        "",
    ),
    "the path is decoded": _Case(_decodes_the_path, {"ARN as a path label, encoded"}, "decodes the path"),
    "a fault at a doubled slash": _Case(
        _when(lambda request: request.path.startswith("//"), lambda _: error(500, "InternalServiceException", "Oh.")),
        {"doubled slash before the path"},
        "Neither the same path nor an unknown one",
    ),
    "the body is checked by somebody else": _Case(
        _when(
            lambda request: b"blanks" in request.body,
            lambda response: replace(response.with_header("x-amzn-ErrorType", "BadRequestException")),
        ),
        {"body that breaks the contract"},
        "changes the header",
    ),
    "any content type is taken": _Case(
        _when(lambda request: request.header("content-type") == "text/plain", _take),
        {"another content type"},
        "accepts only JSON",
    ),
    "anybody may call": _Case(
        _when(lambda request: request.method == "POST" and not _is_signed(request), _take),
        {"no signature"},
        "ANYBODY MAY CALL",
    ),
    "signatures are not checked": _Case(_takes_wrong_signatures, {"wrong signature"}, "Signatures are not checked"),
    "signatures do not grow old": _Case(_when(_is_old, _take), {"signature that is too old"}, "could be sent again"),
    "somebody else answers for an unknown path": _Case(
        _when(lambda request: "verify" in request.path, lambda _: Response(404, (("x-amzn-RequestId", "a"),), b"No.")),
        {"unknown path"},
        "gateway responses are not this library's",
    ),
    "a preflight lets everybody in": _Case(
        _allows_every_origin, {"preflight (OPTIONS)"}, "Pages of any origin may call"
    ),
    "x-amzn-ErrorType is stripped": _Case(
        _each(lambda response: response.with_header("x-amzn-ErrorType")), FUNCTIONS, ""
    ),
    "API Gateway's errors have two types": _Case(
        _when(
            lambda request: not _is_signed(request),
            lambda response: response.with_header("x-amzn-ErrorType", "MissingAuthenticationTokenException", "Other"),
        ),
        {"x-amzn-ErrorType"},
        "SDKs join two of them",
    ),
    "two types are joined into one header": _Case(
        _when(lambda request: not _is_signed(request), _changes_header_case_and_joins),
        {"x-amzn-ErrorType"},
        "SDKs join two of them",
    ),
    "all errors have two types": _Case(
        _each(lambda response: response.with_header("x-amzn-ErrorType", str(response.error_type), "Other")),
        {"x-amzn-ErrorType", *FUNCTIONS},
        "",
    ),
    "request ids are stripped": _Case(
        _each(lambda response: response.with_header("x-amzn-RequestId")), {"x-amzn-RequestId"}, "removes or repeats"
    ),
    "request ids are repeated": _Case(
        _each(lambda response: response.with_header("x-amzn-RequestId", "the-same")),
        {"x-amzn-RequestId"},
        "removes or repeats",
    ),
}


@pytest.fixture
def run(local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify) -> Callable[..., Ran]:
    verify.act_as(caller)

    def run(sabotage: Sabotage, *arguments: str) -> Ran:
        with SabotagingProxy(local_aws.endpoint, sabotage) as proxy:
            return verify("--endpoint", proxy.endpoint, "--instance-arn", instance_arn, *arguments)

    return run


def test_proxy_by_itself_changes_nothing(run: Callable[..., Ran]) -> None:
    ran = run(lambda request, forward: forward(request), "--json")

    assert (ran.code, ran.failed) == (0, set())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_sabotage_fails_its_rows_and_no_others(case: _Case, run: Callable[..., Ran]) -> None:
    ran = run(case.sabotage, "--json")

    assert (ran.code, ran.failed) == (1, case.fails), ran.output
    for row in case.fails:
        assert len(ran.rows[row]["meaning"]) > 20
        assert case.says in ran.rows[row]["meaning"]


def test_each_row_can_fail() -> None:
    assert set().union(*(case.fails for case in CASES.values())) == set(SIGNED_ROWS)


@pytest.mark.parametrize(
    "refusal",
    [
        error(403, "MissingAuthenticationTokenException", "The request is not signed, or there is no such path."),
        error(403, "InvalidRequestException", "The request was refused.").with_header(
            "x-amzn-ErrorType", "IncompleteSignatureException"
        ),
        error(403, "InvalidSignatureException", "The signature does not match."),
    ],
    ids=lambda refusal: dict(refusal.headers)["x-amzn-ErrorType"],
)
def test_doubled_slash_may_be_another_path(refusal: Response, run: Callable[..., Ran]) -> None:
    """What API Gateway makes of it is not known; the row says what was seen."""
    ran = run(_when(lambda request: request.path.startswith("//"), lambda _: refusal), "--json")

    assert (ran.code, ran.failed) == (0, set())
    assert "without a trailing slash" in ran.rows["doubled slash before the path"]["seen"]


def test_gateway_response_with_a_type_of_its_own_is_seen(
    local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify
) -> None:
    """API Gateway sends its own x-amzn-ErrorType besides (smithy#1170), and so does the local AWS."""
    verify.act_as(caller)
    gateway = local_aws.client("apigateway")
    (api,) = local_aws.rest_apis
    response = {"restApiId": api.api_id, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    deployed = gateway.get_gateway_response(**response)
    kept = {key: deployed[key] for key in ("statusCode", "responseParameters", "responseTemplates") if key in deployed}
    parameters = {**kept.get("responseParameters", {}), "gatewayresponse.header.x-amzn-ErrorType": "'Mine'"}

    def deploy(changed: dict[str, Any]) -> None:
        gateway.put_gateway_response(**response, **changed)
        gateway.create_deployment(restApiId=api.api_id, stageName=api.stage)

    deploy({**kept, "responseParameters": parameters})
    try:
        ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")
    finally:
        deploy(kept)

    assert (ran.code, ran.failed) == (1, {"x-amzn-ErrorType"})
    assert "no signature (Mine, MissingAuthenticationTokenException)" in ran.rows["x-amzn-ErrorType"]["seen"]


@contextmanager
def _suffering(local: LocalAws, fault: Fault) -> Iterator[None]:
    """Let all calls of Amazon Connect suffer it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local.connect, "receive", lambda _: fault)
        yield


@pytest.mark.parametrize(
    "fault",
    [
        # How Amazon Connect answers a role that may not. The emulator does not judge calls of Amazon Connect.
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
    # The function's log has it.
    assert row["answer"]["requestIds"][0] in row["meaning"]


def test_wrong_instance_is_seen(local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify) -> None:
    verify.act_as(caller)
    other = instance_arn.rpartition("/")[0] + "/00000000-0000-4000-8000-000000000000"

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", other)

    assert ran.code == 1
    assert "bound to an instance other than --instance-arn" in " ".join(ran.output.split())
    assert ran.output.endswith("\n\n4 of 14 rows failed\n")


def test_caller_without_permission_is_told(local_aws: LocalAws, instance_arn: str, verify: Verify) -> None:
    verify.act_as(local_aws.create_user("verify-stranger", may_invoke=None))

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")

    assert ran.code == 1
    assert {"another instance", "UpdateContact", "UpdateContactAttributes"} <= ran.failed
    assert "execute-api:Invoke" in ran.rows["UpdateContact"]["meaning"]


def test_unknown_access_key_is_told(local_aws: LocalAws, instance_arn: str, verify: Verify) -> None:
    verify.act_as(("AKIANOBODYSKEY000000", "nobodys-secret"))

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")

    assert ran.code == 1
    assert "AWS does not know this access key" in ran.rows["UpdateContact"]["meaning"]


def test_wrong_region_is_told(local_aws: LocalAws, caller: User, instance_arn: str, run: Callable[..., Ran]) -> None:
    def demands_its_region(request: Request, forward: Forward) -> Response:
        # The emulator does not look at it.
        if "/us-east-1/" in (request.header("authorization") or "/us-east-1/"):
            return forward(request)
        return error(403, "InvalidSignatureException", "The signature does not match.")

    assert run(demands_its_region, "--json").code == 0
    ran = run(demands_its_region, "--json", "--region", "eu-west-2")

    assert ran.code == 1
    assert "--region" in ran.rows["UpdateContact"]["meaning"]


def test_wrong_path_of_the_endpoint_is_told(
    local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify
) -> None:
    verify.act_as(caller)

    ran = verify("--endpoint", f"{local_aws.endpoint}/contact", "--instance-arn", instance_arn, "--json")

    assert ran.code == 1
    assert "There is no such path at this URL" in ran.rows["UpdateContact"]["meaning"]


def test_throttle_is_waited_for(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connect_constructs.verify.endpoint._THROTTLE_WAIT_SECONDS", 0.01)
    seen: list[str] = []

    def throttles_every_first_call(request: Request, forward: Forward) -> Response:
        key = f"{request.method} {request.path} {request.body!r} {request.header('authorization')!r:.10}"
        seen.append(key)
        if seen.count(key) == 1:
            return error(429, "ThrottlingException", "Too many requests.")
        return forward(request)

    assert run(throttles_every_first_call, "--json").code == 0

    ran = run(lambda request, forward: error(429, "ThrottlingException", "Too many requests."), "--json")
    assert ran.code == 1
    assert "throttled by other callers" in ran.rows["UpdateContact"]["meaning"]


def test_call_without_an_answer_is_a_failed_row(run: Callable[..., Ran]) -> None:
    def hangs_up_on_content_types(request: Request, forward: Forward) -> Response:
        if request.header("content-type") == "text/plain":
            raise ConnectionAbortedError
        return forward(request)

    ran = run(hangs_up_on_content_types, "--json")

    assert ran.failed == {"another content type"}
    assert ran.rows["another content type"]["seen"].startswith("no answer: ConnectionClosedError")


def test_nothing_secret_is_printed(run: Callable[..., Ran], caller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even when every answer repeats all that the request had."""
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
        ran = run(repeats, "--api-key", "api-key-of-the-caller", "--origin", ORIGIN, *form)
        printed = ran.output + ran.errors
        assert ran.code == 1
        assert len(set(signatures)) > 5
        for secret in (caller[1], "session-token-of-the-caller", "api-key-of-the-caller", *filter(None, signatures)):
            assert secret not in printed

    ran = run(repeats, "--header", "Authorization: Bearer token-of-the-caller", "--json")
    assert "token-of-the-caller" not in ran.output + ran.errors


@pytest.mark.parametrize("number", [1, 2])
def test_answers_to_pages_can_fail(number: int, run: Callable[..., Ran]) -> None:
    """The third row that --origin brings, the preflight, can fail without it, too."""

    def allows_all_but_one(request: Request, forward: Forward) -> Response:
        response = forward(request)
        allowed = (("Access-Control-Allow-Origin", ORIGIN), ("Access-Control-Allow-Methods", "GET, POST"))
        if _is_preflight(request):
            return Response(204, (*allowed, ("x-amzn-RequestId", "preflight")), b"")
        is_functions = response.status == 400
        return response if is_functions == (number == 1) else replace(response, headers=response.headers + allowed)

    assert run(allows_all_but_one, "--origin", ORIGIN, "--json").failed == {
        {1: "function's answer to a page", 2: "API Gateway's answer to a page"}[number]
    }
