"""Policy documents taken apart into grants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connect_constructs._review.expressions import Value, is_expression, key_of
from connect_constructs._review.patterns import Verdict, all_of, any_of, covers, in_partition

# Conditions of which more values allow more; of those that begin with Not, fewer.
_PATTERN_OPERATORS = {"stringlike", "arnlike", "arnequals", "stringnotlike", "arnnotlike", "arnnotequals"}
_VALUE_OPERATORS = {"stringequals", "stringnotequals", "bool", "stringequalsignorecase", "stringnotequalsignorecase"}
_SET_PREFIX = re.compile(r"^for(any|all)values?:")

_ACCOUNT_ROOT = re.compile(r"arn:[^:]*:iam::(\d{12}):root")
_ACCOUNT = re.compile(r"\d{12}")
# With the Region, and the suffix of China.
_SERVICE = re.compile(r"([a-z0-9-]+)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?")

# What a principal must be limited by to be fewer than everybody: lower case, as in `Grant.condition`.
LIMITING_KEYS = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "kms:calleraccount",
    "lambda:eventsourcetoken",
    "s3:dataaccesspointaccount",
}


@dataclass(frozen=True)
class Grant:
    """One permission, or where `effect` is Deny its refusal.

    The values are kept as text (`key_of`), so that equal grants are equal and can be put into a set.
    """

    effect: str
    # Kind and value, as in ("AWS", "*"); ("", "") in an identity's policy, whose principal is the identity.
    principal: tuple[str, str]
    # "Action" or "NotAction", and the pattern; for NotAction the list of patterns.
    action: tuple[str, str]
    # "Resource" or "NotResource", likewise.
    resource: tuple[str, str]
    # Operator and key in lower case, and the values.
    condition: tuple[tuple[str, str, str], ...] = ()

    def shown(self) -> str:
        """One line for a report."""
        return shown_grants([self])[0]


def shown_grants(grants: Iterable[Grant]) -> list[str]:
    """A line for all that differ by their actions only."""
    actions: dict[tuple[Any, ...], list[str]] = {}
    for one in grants:
        rest = (one.effect, one.principal, one.resource, one.condition, one.action[0])
        actions.setdefault(rest, []).append(shown(_loaded(one.action[1])))
    lines = []
    for (effect, principal, resource, condition, kind), names in actions.items():
        but = "everything but " if kind.startswith("Not") else ""
        text = f"{effect} {but}{', '.join(sorted(names))}"
        if not (principal[0] and resource == ("Resource", '"*"')):
            # The policy of a resource is about that resource.
            text += f" on {_shown_element(*resource)}"
        if principal[0]:
            text += f" to {'all but ' if principal[0].startswith('Not') else ''}{shown(_loaded(principal[1]))}"
        if condition:
            tests = (f"{key} {operator} {shown(_loaded(values))}" for operator, key, values in condition)
            text += f" if {' and '.join(tests)}"
        lines.append(text)
    return sorted(lines)


def grants_of(document: Value) -> tuple[list[Grant], list[Value]]:
    """The grants of a canonical policy document, and what in it cannot be read, such as a whole computed statement."""
    if not (isinstance(document, dict) and isinstance(document.get("Statement"), list)):
        return [], [document]
    grants: list[Grant] = []
    unread: list[Value] = []
    for statement in document["Statement"]:
        if not isinstance(statement, dict) or is_expression(statement) or not _readable(statement):
            unread.append(statement)
        else:
            grants += _of_statement(statement)
    return grants, unread


def grant(
    principal: tuple[str, Value] | None, action: Value, resource: Value = "*", condition: dict[str, Value] | None = None
) -> Grant:
    """An Allow of one action, for what has no policy document."""
    kind, who = principal or ("", "")
    return Grant(
        "Allow",
        (kind, key_of(who) if kind else ""),
        ("Action", key_of(action)),
        ("Resource", key_of(resource)),
        _condition(condition or {}),
    )


def action_covers(wide: tuple[str, str], narrow: tuple[str, str]) -> Verdict:
    """Whether an Action or NotAction covers all actions of another."""
    return _element_covers(wide, narrow, ignore_case=True)


def grant_covers(wide: Grant, narrow: Grant) -> Verdict:
    """Whether `wide` allows (or denies) all that `narrow` does."""
    if wide == narrow:
        return True
    if wide.effect != narrow.effect:
        return False
    # The cheapest first: most grants differ by their action.
    action = action_covers(wide.action, narrow.action)
    if action is False:
        return False
    principal = _principal_covers(wide.principal, narrow.principal)
    if principal is False:
        return False
    condition = _condition_covers(wide.condition, narrow.condition)
    if condition is False:
        return False
    return all_of(action, principal, condition, _element_covers(wide.resource, narrow.resource))


def principal_value(principal: tuple[str, str]) -> Value:
    """The value of a grant's principal."""
    return _loaded(principal[1]) if principal[0] else None


def shown(value: Value) -> str:
    """A value in one line, expressions as in Fn::Sub."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    if is_expression(value):
        ((name, argument),) = value.items()
        if name == "Fn::Concat":
            return "".join(shown(part) for part in argument)
        if name == "Ref":
            return f"${{{argument}}}"
        if name == "Fn::GetAtt" and isinstance(argument, list):
            return f"${{{'.'.join(map(str, argument))}}}"
        if name == "Fn::Parameter":
            return f"${{{argument[0]}}}"
    return key_of(value)


def _readable(statement: dict[str, Value]) -> bool:
    """Whether each element that makes grants is text or a list, and not computed as a whole."""
    lists = (statement.get(name) for name in ("Action", "NotAction", "Resource", "NotResource") if name in statement)
    for content in lists:
        if not isinstance(content, list) or any(isinstance(item, list) for item in content):
            return False
    if not isinstance(statement.get("Effect"), str):
        return False
    for name in ("Principal", "NotPrincipal"):
        principal = statement.get(name, {})
        if not isinstance(principal, dict) or is_expression(principal):
            return False
    condition = statement.get("Condition", {})
    return isinstance(condition, dict) and all(
        isinstance(keys, dict) and not is_expression(keys) for keys in condition.values()
    )


def _of_statement(statement: dict[str, Value]) -> Iterator[Grant]:
    condition = _condition(statement.get("Condition", {}))
    for principal in _principals(statement):
        for action in _elements(statement, "Action"):
            for resource in _elements(statement, "Resource"):
                yield Grant(statement["Effect"], principal, action, resource, condition)


def _principals(statement: dict[str, Value]) -> Iterator[tuple[str, str]]:
    excepted = statement.get("NotPrincipal", {})
    if excepted:
        # All of its kinds together are one exception.
        yield (
            f"Not{'/'.join(sorted(excepted))}",
            key_of(next(iter(excepted.values())) if len(excepted) == 1 else excepted),
        )
    principals = statement.get("Principal", {})
    for kind, values in principals.items():
        for value in values if isinstance(values, list) else [values]:
            yield kind, key_of(_account(value))
    if not excepted and not principals:
        yield "", ""


def _account(value: Value) -> Value:
    """An account's root user stands for the account, and so does its number."""
    if isinstance(value, str):
        match = _ACCOUNT_ROOT.fullmatch(value)
        return match[1] if match else value
    if isinstance(value, dict) and isinstance(value.get("Fn::Concat"), list):
        parts = value["Fn::Concat"]
        if parts[-1] == ":root" and parts[-2:-1] == [{"Ref": "AWS::AccountId"}]:
            return {"Ref": "AWS::AccountId"}
        if isinstance(parts[-1], str) and (match := re.fullmatch(r":iam::(\d{12}):root", parts[-1])):
            return match[1]
    return value


def _elements(statement: dict[str, Value], name: str) -> Iterator[tuple[str, str]]:
    if f"Not{name}" in statement:
        yield f"Not{name}", key_of(statement[f"Not{name}"])
    for item in statement.get(name, []) if name in statement else ([] if f"Not{name}" in statement else ["*"]):
        yield name, key_of(item)


def _condition(condition: dict[str, Value]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        sorted(
            (
                operator.lower(),
                key.lower(),
                key_of(sorted(values, key=key_of) if isinstance(values, list) else [values]),
            )
            for operator, keys in condition.items()
            for key, values in keys.items()
        )
    )


@lru_cache(maxsize=65536)
def _loaded(text: str) -> Value:
    return json.loads(text) if text else ""


def _shown_element(kind: str, value: str) -> str:
    return ("everything but " if kind.startswith("Not") else "") + shown(_loaded(value))


def _principal_covers(wide: tuple[str, str], narrow: tuple[str, str]) -> Verdict:
    if wide == narrow:
        return True
    if wide == ("AWS", '"*"'):
        return not narrow[0].startswith("Not") or None
    if wide[0] != narrow[0] or wide[0].startswith("Not"):
        return None if "Not" in (wide[0][:3], narrow[0][:3]) else False
    if wide[0] != "AWS":
        return _equal(_service(_loaded(wide[1])), _service(_loaded(narrow[1])))
    one, other = _loaded(wide[1]), _loaded(narrow[1])
    if isinstance(one, str) and _ACCOUNT.fullmatch(one):
        # An account passes its permissions on to its own users and roles.
        inside = covers({"Fn::Concat": ["arn:*:iam::", one, ":*"]}, other)
        session = covers({"Fn::Concat": ["arn:*:sts::", one, ":*"]}, other)
        return any_of(inside, session) if not isinstance(other, str) or other.startswith("arn:") else False
    if one == {"Ref": "AWS::AccountId"}:
        return any_of(covers({"Fn::Concat": ["arn:*:iam::", one, ":*"]}, other), _owned(other))
    return _equal(one, other)


def _owned(principal: Value) -> bool:
    """Whether the principal is a resource of the template, and so of its account."""
    return is_expression(principal) and "Fn::GetAtt" in principal


def _service(principal: Value) -> Value:
    """A service's principal without what differs by Region: `states.us-east-1.amazonaws.com`, or one from a mapping."""
    if isinstance(principal, dict) and principal.get("Fn::Concat", [])[1:] == [{"Ref": "AWS::URLSuffix"}]:
        principal = f"{principal['Fn::Concat'][0]}amazonaws.com"
    if isinstance(principal, dict) and "Fn::FindInMap" in principal:
        *_, last = principal["Fn::FindInMap"]
        mapping = last.get("Mapping") if isinstance(last, dict) else None
        names = {
            key_of(_service(name))
            for entry in (mapping.values() if isinstance(mapping, dict) else ())
            if isinstance(entry, dict)
            for key, name in entry.items()
            if key == principal["Fn::FindInMap"][2]
        }
        return _loaded(names.pop()) if len(names) == 1 else principal
    match = _SERVICE.fullmatch(principal) if isinstance(principal, str) else None
    return f"{match[1]}.amazonaws.com" if match else principal


def _equal(one: Value, other: Value) -> Verdict:
    one, other = in_partition(one), in_partition(other)
    if one == other:
        return True
    if isinstance(one, str) and isinstance(other, str):
        return False
    verdict = covers(one, other)
    # Neither is a pattern: a star in a principal's ARN is a literal star.
    return False if verdict is False else None


@lru_cache(maxsize=65536)
def _element_covers(wide: tuple[str, str], narrow: tuple[str, str], *, ignore_case: bool = False) -> Verdict:
    if wide == narrow:
        return True
    one, other = _loaded(wide[1]), _loaded(narrow[1])
    if ignore_case:
        one, other = _lower(one), _lower(other)
    wide_not, narrow_not = wide[0].startswith("Not"), narrow[0].startswith("Not")
    if not wide_not and not narrow_not:
        return covers(one, other)
    if wide_not and narrow_not:
        # What the wide one leaves out, the narrow one has to leave out, too.
        return all_of(*(any_of(*(covers(item, left_out) for item in other)) for left_out in one))
    if narrow_not:
        return bool(one == "*")
    overlaps = [covers(left_out, other) for left_out in one]
    if any(overlap is True for overlap in overlaps):
        return False
    is_pattern = not isinstance(other, str) or "*" in other or "?" in other
    return None if is_pattern or any(overlap is None for overlap in overlaps) else True


def _lower(value: Value) -> Value:
    if isinstance(value, list):
        return [_lower(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def _condition_covers(wide: tuple[tuple[str, str, str], ...], narrow: tuple[tuple[str, str, str], ...]) -> Verdict:
    """Whether `wide` lets through all that `narrow` does: each of its tests is at least as strict in `narrow`."""
    verdicts: list[Verdict] = []
    for operator, key, values in wide:
        same = [other for other in narrow if other[:2] == (operator, key)]
        if same:
            verdicts.append(_test_covers(operator, _loaded(values), _loaded(same[0][2])))
        elif any(other[1] == key for other in narrow):
            # The same key, tested in another way.
            verdicts.append(None)
        else:
            verdicts.append(False)
    return all_of(*verdicts)


def _test_covers(operator: str, wide: list[Value], narrow: list[Value]) -> Verdict:
    plain = _SET_PREFIX.sub("", operator).removesuffix("ifexists")
    if key_of(wide) == key_of(narrow):
        return True
    if plain not in _PATTERN_OPERATORS | _VALUE_OPERATORS:
        return None
    compare = covers if plain in _PATTERN_OPERATORS else _equal
    if "not" in plain:
        wide, narrow = narrow, wide
    return all_of(*(any_of(*(compare(one, other) for one in wide)) for other in narrow))
