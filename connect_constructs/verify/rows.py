"""The rows of the table: the calls to the endpoint, the expected responses, and what other responses mean."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from connect_constructs.verify.endpoint import Answer, Authorization, Call, Endpoint
from connect_constructs.verify.meanings import meaning_of

# An origin whose pages should get no permission from any endpoint.
_FOREIGN_ORIGIN = "https://connect-constructs-verify.example"

_NO_SUCH_PATH = "/connect-constructs-verify"

# API Gateway's errors for an unknown path, for an unknown path with a token in Authorization, and for a signature of
# another path.
_NOT_THE_PATH = {
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
}


class Row(NamedTuple):
    """One line in the table."""

    row: str
    expected: str
    seen: str
    passed: bool
    # What the failure means, and what to do.
    meaning: str
    answer: Answer | None = None


class Accepted(NamedTuple):
    """An update that a queue accepted, by the first row that sent it."""

    row: str
    # API Gateway's request id.
    request_id: str | None


@dataclass(frozen=True)
class Subject:
    """What the endpoint is expected to be."""

    instance_arn: str
    # The names of the operations that it offers.
    operations: Sequence[str]
    # An attribute key that callers may write.
    attribute: str
    # A member of UpdateContact that callers may write, such as `Name` or `References.Ticket`.
    member: str
    # An origin whose pages may call. None if no CORS permission is expected.
    origin: str | None

    @property
    def instance_id(self) -> str:
        return self.instance_arn.rpartition("/")[2]


class _Expected(NamedTuple):
    """A call that must be refused, and how."""

    row: str
    call: Call
    statuses: Sequence[int]
    error_types: Sequence[str]
    meaning: str
    # Whether the function itself must refuse: then x-amzn-ErrorType has the same type, once. API Gateway's own errors
    # have its own code there.
    is_functions: bool = False


def _value_of(member: str) -> dict[str, Any]:
    """The body of an UpdateContact that writes only `member`."""
    text = "connect-constructs verify"
    name, dot, key = member.partition(".")
    if not dot:
        return {name: text}
    return {name: {key: {"ValueString": text} if name == "SegmentAttributes" else {"Type": "STRING", "Value": text}}}


@dataclass
class Verification:
    """Makes the calls, one after the other, and collects the rows.

    Each run uses new UUIDs as contact ids, so that no call is for an existing contact. An endpoint with a queue accepts
    such updates; `accepted` has them, by update id.
    """

    endpoint: Endpoint
    subject: Subject
    rows: list[Row] = field(default_factory=list)
    accepted: dict[str, Accepted] = field(default_factory=dict)
    # The endpoint's own message for something unknown, which differs from Amazon Connect's.
    own_text: str | None = None

    def __post_init__(self) -> None:
        self._contacts = {operation: str(uuid.uuid4()) for operation in self.subject.operations}
        # A queue treats two requests with the same key as one update.
        self._idempotency_key = str(uuid.uuid4())

    def run(self) -> None:
        """Make all calls. Raises UnreachableError if the first one gets no response."""
        self._another_instance()
        for operation in self.subject.operations:
            self._contact_that_does_not_exist(operation)
        if "UpdateContact" in self.subject.operations:
            self._encoded_label()
        self._doubled_slash()
        for expected in self._refusals():
            self._refuse(expected)
        self._preflight()
        if self.subject.origin:
            self._answers_to_a_page(self.subject.origin)
        self._error_type_headers()
        self._request_ids()

    def _add(
        self, row: str, expected: str, answer: Answer, passed: bool, meaning: str, seen: str | None = None
    ) -> None:
        meaning = meaning.format(request_id=", ".join(answer.request_ids) or "unknown")
        seen = seen or _seen(answer, with_text=not passed)
        if answer.status == 202 and answer.update_id:
            self.accepted.setdefault(answer.update_id, Accepted(row, next(iter(answer.request_ids), None)))
        self.rows.append(Row(row, expected, seen, passed, "" if passed else meaning, answer))

    def _conclude(self, row: str, expected: str, seen: str, passed: bool, meaning: str) -> None:
        """Add a row about all answers."""
        self.rows.append(Row(row, expected, seen, passed, "" if passed else meaning))

    def _update(self, operation: str, *, instance: str | None = None, **changes: Any) -> Call:
        """A valid call of `operation` for this run's contact, except for `changes`."""
        instance = instance or self.subject.instance_id
        contact = self._contacts[operation]
        headers = {"Idempotency-Key": self._idempotency_key}
        if operation == "UpdateContact":
            path = f"/contacts/{quote(instance, safe='')}/{contact}"
            return Call(path, {**_value_of(self.subject.member), **changes}, headers=headers)
        # An empty value removes the attribute, so it sets nothing.
        body = {"InstanceId": instance, "InitialContactId": contact, "Attributes": {self.subject.attribute: ""}}
        return Call("/contact/attributes", {**body, **changes}, headers=headers)

    @property
    def _first(self) -> str:
        return self.subject.operations[0]

    def _another_instance(self) -> None:
        expected = "404 ResourceNotFoundException of the endpoint itself"
        answer = self.endpoint.send(self._update(self._first, instance=str(uuid.uuid4())))
        passed = _is_functions_error(answer, 404, "ResourceNotFoundException") and answer.text is not None
        self.own_text = answer.text if passed else None
        self._add("another instance", expected, answer, passed, meaning_of(answer), seen=_seen(answer, with_text=True))

    def _contact_that_does_not_exist(self, operation: str) -> None:
        answer = self.endpoint.send(self._update(operation))
        passed = self._got_through(answer)
        self._add(operation, _END, answer, passed, self._why_not_through(answer), seen=_seen(answer, with_text=True))

    def _got_through(self, answer: Answer) -> bool:
        """Whether the answer comes from Amazon Connect itself, or from the queue.

        The endpoint's own error has the same type as Amazon Connect's but another text: the endpoint passes Amazon
        Connect's text on, or says that it withholds it.
        """
        if answer.status == 202:
            return answer.update_id is not None
        is_not_found = _is_functions_error(answer, 404, "ResourceNotFoundException")
        return is_not_found and self.own_text is not None and answer.text not in (None, self.own_text)

    def _why_not_through(self, answer: Answer) -> str:
        if answer.error_type == "ResourceNotFoundException" and answer.text == self.own_text:
            return (
                "The endpoint did not call Amazon Connect: it is bound to an instance other than --instance-arn, or "
                "misread the instance in the request."
            )
        if answer.error_type == "ResourceNotFoundException" and self.own_text is None:
            return "Without the endpoint's own error it is unclear who answered: see the row `another instance`."
        if answer.status in (200, 202):
            return "Amazon Connect has no such contact, so something between you and the function answered instead."
        return meaning_of(answer)

    def _encoded_label(self) -> None:
        plain = self._answer_to("UpdateContact")
        answer = self.endpoint.send(self._update("UpdateContact", instance=self.subject.instance_arn))
        self._add(
            "ARN as a path label, encoded",
            "as UpdateContact with the id",
            answer,
            self._is_the_same(answer, plain),
            self._unless_plain_failed(
                "UpdateContact",
                "Something between you and the function decodes the path, or encodes it again: SDKs send an ARN in "
                "InstanceId like this. Give callers the instance's id. " + self._why_not_through(answer),
            ),
        )

    def _doubled_slash(self) -> None:
        call = self._update(self._first)
        answer = self.endpoint.send(call._replace(path=f"/{call.path}"))
        is_path = self._is_the_same(answer, self._answer_to(self._first))
        is_unknown = answer.status == 403 and not _NOT_THE_PATH.isdisjoint(
            (answer.error_type, *answer.error_type_headers)
        )
        seen = _seen(answer)
        if is_path:
            seen += "; treated as the same path"
        elif is_unknown:
            seen += "; another path: give clients the endpoint without a trailing slash"
        self._add(
            "doubled slash before the path",
            f"as {self._first}, or refused (403)",
            answer,
            is_path or is_unknown,
            self._unless_plain_failed(self._first, "Neither the same path nor an unknown one. " + meaning_of(answer)),
            seen=seen,
        )

    def _is_the_same(self, answer: Answer, plain: Answer) -> bool:
        """Whether `answer` has the same origin as `plain`, for the same update. A queue gives both the same id."""
        return self._got_through(answer) and (answer.status, answer.update_id) == (
            plain.status,
            plain.update_id,
        )

    def _unless_plain_failed(self, plain: str, meaning: str) -> str:
        if self._got_through(self._answer_to(plain)):
            return meaning
        return f"This row means nothing until the row {plain} is as expected."

    def _answer_to(self, row: str) -> Answer:
        return next(answer for added, answer in self._answers if added == row)

    @property
    def _answers(self) -> list[tuple[str, Answer]]:
        return [(row.row, row.answer) for row in self.rows if row.answer]

    def _refusals(self) -> list[_Expected]:
        call = self._update(self._first)
        breach: dict[str, Any] = (
            {"Name": 1} if self._first == "UpdateContact" else {"Attributes": {"not a key, with its blanks": ""}}
        )
        refusals = [
            _Expected(
                "body that breaks the contract",
                self._update(self._first, **breach),
                [400],
                ["InvalidRequestException"],
                "The function should report what breaks the contract, with the error's type in x-amzn-ErrorType, where "
                "SDKs look for it. Something else answers, or changes the header.",
                is_functions=True,
            ),
            _Expected(
                "another content type",
                call._replace(headers={"Content-Type": "text/plain"}),
                [415],
                ["UnsupportedMediaTypeException"],
                "The function accepts only JSON, and should say so.",
            ),
        ]
        if self.endpoint.is_signed:
            refusals += [
                _Expected(
                    "no signature",
                    call._replace(authorization=Authorization.NONE),
                    [403],
                    ["MissingAuthenticationTokenException"],
                    "ANYBODY MAY CALL if this was not refused: the methods have no IAM authorization, or the API was "
                    "not deployed after it was set.",
                ),
                _Expected(
                    "wrong signature",
                    call._replace(authorization=Authorization.WRONG),
                    [403],
                    ["InvalidSignatureException"],
                    "Signatures are not checked if this was not refused. Otherwise API Gateway's gateway responses are "
                    "not this library's.",
                ),
                # API Gateway responds with 403, "Signature expired" (aws-sdk-android#253). Which gateway response it
                # uses, and so which type, is not documented.
                _Expected(
                    "signature that is too old",
                    call._replace(authorization=Authorization.EXPIRED),
                    [403],
                    ["InvalidSignatureException", "ExpiredTokenException", "InvalidRequestException"],
                    "A recorded call could be sent again if this was not refused.",
                ),
            ]
        elif self.endpoint.has_credential:
            refusals += [
                _Expected(
                    row,
                    call._replace(authorization=authorization),
                    [401, 403],
                    ["UnauthorizedException", "AccessDeniedException"],
                    "ANYBODY MAY CALL if this was not refused. A 500 is a fault in the authorizer.",
                )
                for row, authorization in (("no token", Authorization.NONE), ("wrong token", Authorization.WRONG))
            ]
        if self.endpoint.has_api_key:
            refusals.append(
                _Expected(
                    "no API key",
                    call._replace(has_api_key=False),
                    [403],
                    ["AccessDeniedException"],
                    "The endpoint requires no API key if this was not refused.",
                )
            )
        refusals.append(
            _Expected(
                "unknown path",
                # At an unknown path, API Gateway reads a token in Authorization as an incomplete signature.
                call._replace(
                    path=_NO_SUCH_PATH,
                    authorization=Authorization.VALID if self.endpoint.is_signed else Authorization.NONE,
                ),
                [403],
                ["MissingAuthenticationTokenException"],
                "API Gateway's gateway responses are not this library's, or something in front of it answers.",
            )
        )
        return refusals

    def _refuse(self, expected: _Expected) -> None:
        answer = self.endpoint.send(expected.call)
        passed = answer.status in expected.statuses and answer.error_type in expected.error_types
        if expected.is_functions:
            passed = passed and answer.error_type_headers == [answer.error_type]
        statuses = " or ".join(map(str, expected.statuses))
        types = " or ".join(expected.error_types)
        self._add(expected.row, f"{statuses} {types}", answer, passed, expected.meaning + " " + meaning_of(answer))

    def _preflight(self) -> None:
        origin = self.subject.origin or _FOREIGN_ORIGIN
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        path = self._update(self._first).path
        answer = self.endpoint.send(
            Call(path, method="OPTIONS", headers=headers, authorization=Authorization.NONE, has_api_key=False)
        )
        is_on = 200 <= answer.status < 300
        allowed = answer.header("access-control-allow-origin")
        told = f"{answer.status}; CORS is on, for {_shown(allowed)}" if is_on else f"{_seen(answer)}; CORS is off"
        if self.subject.origin:
            methods = [method.strip() for method in (answer.header("access-control-allow-methods") or "").split(",")]
            passed = is_on and allowed in (origin, "*") and "POST" in methods
            self._add(
                "preflight (OPTIONS)",
                f"2xx that allows POST to {origin}",
                answer,
                passed,
                "Browsers will not let pages of this origin call. Set allow_origins, and spell the origin as browsers "
                "do (no path, no trailing slash).",
                seen=told,
            )
            return
        is_off = answer.status == 403 and answer.error_type == "MissingAuthenticationTokenException"
        self._add(
            "preflight (OPTIONS)",
            "no permission for an unknown origin",
            answer,
            is_off or (is_on and allowed != origin),
            "Pages of any origin may call, which no value of allow_origins causes, or something else answers OPTIONS. "
            "Use --origin if pages of an origin are meant to call.",
            seen=told,
        )

    def _answers_to_a_page(self, origin: str) -> None:
        breach = self._update(self._first, unknown=True)
        calls = {
            "function's answer to a page": breach,
            "API Gateway's answer to a page": breach._replace(path=_NO_SUCH_PATH),
        }
        for row, call in calls.items():
            answer = self.endpoint.send(call._replace(headers={"Origin": origin}))
            allowed = answer.header("access-control-allow-origin")
            self._add(
                row,
                f"Access-Control-Allow-Origin: {origin} or *",
                answer,
                400 <= answer.status < 500 and allowed in (origin, "*"),
                "Web pages cannot read this error, because browsers hide it from them.",
                seen=f"{answer.status}; Access-Control-Allow-Origin: {_shown(allowed)}",
            )

    def _error_type_headers(self) -> None:
        errors = [(row, answer.error_type_headers) for row, answer in self._answers if answer.status >= 400]
        doubled = [f"{row} ({', '.join(values)})" for row, values in errors if len(values) > 1]
        values = sorted({value for _, found in errors for value in found})
        if any(not found for _, found in errors):
            values.append("none")
        self._conclude(
            "x-amzn-ErrorType",
            "at most one in each error",
            f"two in: {'; '.join(doubled)}" if doubled else ", ".join(values) or "no errors",
            bool(errors) and not doubled,
            "SDKs join two of them into one unusable type, and some then do not retry a throttled call. A gateway "
            "response must not set this header in addition to API Gateway's own. Deploy with this version.",
        )

    def _request_ids(self) -> None:
        answered = [(row, answer.request_ids) for row, answer in self._answers if answer.status]
        without = [row for row, ids in answered if len(ids) != 1]
        ids = {each for _, found in answered for each in found}
        count = f"{len(ids)} ids in {len(answered)} answers"
        self._conclude(
            "x-amzn-RequestId",
            "one in each answer, each another",
            f"{count}; not one in: {', '.join(without)}" if without else count,
            not without and len(ids) == len(answered) > 0,
            "Something between you and API Gateway removes or repeats the id that identifies a request in the logs.",
        )


_END = "404 ResourceNotFoundException of Amazon Connect itself; with a queue, 202"


def _is_functions_error(answer: Answer, status: int, error_type: str) -> bool:
    return (answer.status, answer.error_type, answer.error_type_headers) == (status, error_type, [error_type])


def _seen(answer: Answer, *, with_text: bool = False) -> str:
    if answer.failure:
        return f"no answer: {answer.failure}"
    parts = [str(answer.status)]
    if answer.error_type:
        parts.append(answer.error_type)
    if answer.status >= 400 and answer.error_type_headers != [answer.error_type]:
        parts.append(f"(x-amzn-ErrorType: {', '.join(answer.error_type_headers) or 'none'})")
    if with_text and answer.text:
        parts.append(json.dumps(answer.text, ensure_ascii=False))
    if answer.update_id:
        parts.append(f"Update-Id {answer.update_id}")
    return " ".join(parts)


def _shown(value: str | None) -> str:
    return json.dumps(value[:100]) if value else "none"
