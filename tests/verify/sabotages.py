"""Ways to sabotage the endpoint, and the rows that must fail for each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from tests.verify.sabotaging_proxy import Forward, Request, Response, Sabotage, error

# The calls for a contact that does not exist.
END = {
    "UpdateContactAttributes",
    "UpdateContact",
    "ARN as a path label, encoded",
    "doubled slash before the path",
}
# Answered by the function, whose own x-amzn-ErrorType must arrive.
FUNCTIONS = END | {"another instance", "body that breaks the contract"}


def when(condition: Callable[[Request], bool], spoilt: Callable[[Response], Response]) -> Sabotage:
    """Spoil the responses to some requests."""

    def sabotage(request: Request, forward: Forward) -> Response:
        response = forward(request)
        return spoilt(response) if condition(request) else response

    return sabotage


def _each(spoilt: Callable[[Response], Response]) -> Sabotage:
    return when(lambda _: True, spoilt)


def _take(response: Response) -> Response:
    """The response of an update that was made."""
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
    """For each contact, answer what the function answers for another instance."""
    response = forward(request)
    if response.error_type != "ResourceNotFoundException":
        return response
    body = json.loads(response.body)
    own = {**body, **dict.fromkeys(("message", "Message"), "The instance or the contact was not found.")}
    return replace(response, body=json.dumps(own).encode())


def _changes_header_case_and_joins(response: Response) -> Response:
    values = [value for name, value in response.headers if name.lower() == "x-amzn-errortype"]
    return response.with_header("X-AMZN-ERRORTYPE", ", ".join([*values, "BadRequestException"])) if values else response


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS"


def _allows_every_origin(request: Request, forward: Forward) -> Response:
    if not is_preflight(request):
        return forward(request)
    headers = (("Access-Control-Allow-Origin", request.header("origin") or ""), ("x-amzn-RequestId", "preflight"))
    return Response(204, headers, b"")


@dataclass(frozen=True)
class Case:
    sabotage: Sabotage
    fails: set[str]
    # A part of the meaning printed for each of these rows.
    says: str


CASES = {
    "somebody else answers for another instance": Case(
        when(
            lambda request: json.loads(request.body or b"{}").get("InstanceId", "7d8e6a4c")[:8] != "7d8e6a4c",
            lambda _: error(500, "InternalServiceException", "A fault."),
        ),
        {"another instance", *END},
        "",
    ),
    "Amazon Connect is not asked": Case(_asks_amazon_connect_nothing, END, ""),
    "200 for all that is signed": Case(
        when(_is_signed, _take),
        {*FUNCTIONS, "another content type", "wrong signature", "signature that is too old", "unknown path"},
        "",
    ),
    "the path is decoded": Case(_decodes_the_path, {"ARN as a path label, encoded"}, "decodes the path"),
    "a fault at a doubled slash": Case(
        when(lambda request: request.path.startswith("//"), lambda _: error(500, "InternalServiceException", "Oh.")),
        {"doubled slash before the path"},
        "Neither the same path nor an unknown one",
    ),
    "the body is checked by somebody else": Case(
        when(
            lambda request: b"blanks" in request.body,
            lambda response: replace(response.with_header("x-amzn-ErrorType", "BadRequestException")),
        ),
        {"body that breaks the contract"},
        "changes the header",
    ),
    "any content type is taken": Case(
        when(lambda request: request.header("content-type") == "text/plain", _take),
        {"another content type"},
        "accepts only JSON",
    ),
    "anybody may call": Case(
        when(lambda request: request.method == "POST" and not _is_signed(request), _take),
        {"no signature"},
        "ANYBODY MAY CALL",
    ),
    "signatures are not checked": Case(_takes_wrong_signatures, {"wrong signature"}, "Signatures are not checked"),
    "signatures do not grow old": Case(when(_is_old, _take), {"signature that is too old"}, "could be sent again"),
    "somebody else answers for an unknown path": Case(
        when(lambda request: "verify" in request.path, lambda _: Response(404, (("x-amzn-RequestId", "a"),), b"No.")),
        {"unknown path"},
        "gateway responses are not this library's",
    ),
    "a preflight lets everybody in": Case(
        _allows_every_origin, {"preflight (OPTIONS)"}, "Pages of any origin may call"
    ),
    "x-amzn-ErrorType is stripped": Case(
        _each(lambda response: response.with_header("x-amzn-ErrorType")), FUNCTIONS, ""
    ),
    "API Gateway's errors have two types": Case(
        when(
            lambda request: not _is_signed(request),
            lambda response: response.with_header("x-amzn-ErrorType", "MissingAuthenticationTokenException", "Other"),
        ),
        {"x-amzn-ErrorType"},
        "SDKs join two of them",
    ),
    "two types are joined into one header": Case(
        when(lambda request: not _is_signed(request), _changes_header_case_and_joins),
        {"x-amzn-ErrorType"},
        "SDKs join two of them",
    ),
    "all errors have two types": Case(
        _each(lambda response: response.with_header("x-amzn-ErrorType", str(response.error_type), "Other")),
        {"x-amzn-ErrorType", *FUNCTIONS},
        "",
    ),
    "request ids are stripped": Case(
        _each(lambda response: response.with_header("x-amzn-RequestId")), {"x-amzn-RequestId"}, "removes or repeats"
    ),
    "request ids are repeated": Case(
        _each(lambda response: response.with_header("x-amzn-RequestId", "the-same")),
        {"x-amzn-RequestId"},
        "removes or repeats",
    ),
}
