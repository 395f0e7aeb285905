"""Whether a pattern of IAM covers another: all that the one matches, the other matches, too.

`*` stands for any text, `?` for one character. What CloudFormation or IAM computes is opaque: equal expressions are
equal, and of most others nothing is known.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from connect_constructs._review.expressions import Value, concat, is_expression, key_of

# True, False, or None where it cannot be known from the templates.
Verdict = bool | None

_POLICY_VARIABLE = re.compile(r"\$\{[^}]*\}")
_SPECIAL = re.compile(r"[*?]|\$\{")
_IN_PSEUDO_PARAMETER = re.compile(r"[a-z0-9.?-]")
# More would take seconds, and no ARN has such patterns.
_MOST_STEPS = 250_000
_STAR, _ANY = "*", "?"

# A character, `*`, `?`, or an opaque part: its key, the resource that it belongs to (empty where unknown), and whether
# it is its first character or the rest.
Token = str | tuple[str, str, str]
_HEAD, _REST = "head", "rest"


def all_of(*verdicts: Verdict) -> Verdict:
    """Three-valued and."""
    if any(verdict is False for verdict in verdicts):
        return False
    return None if any(verdict is None for verdict in verdicts) else True


def any_of(*verdicts: Verdict) -> Verdict:
    """Three-valued or."""
    if any(verdict is True for verdict in verdicts):
        return True
    return None if any(verdict is None for verdict in verdicts) else False


def covers(wide: Value, narrow: Value) -> Verdict:
    """Whether the pattern `wide` covers the pattern `narrow`."""
    if wide == narrow or wide == "*":
        return True
    if isinstance(wide, str) and isinstance(narrow, str) and not _SPECIAL.search(wide):
        return False if not _POLICY_VARIABLE.search(narrow) else _covers(key_of(wide), key_of(narrow))
    return _covers(key_of(wide), key_of(narrow))


@lru_cache(maxsize=65536)
def _covers(wide: str, narrow: str) -> Verdict:
    one, other = _tokens(json.loads(wide)), _tokens(json.loads(narrow))
    if len(one) * len(other) > _MOST_STEPS:
        return None
    if _matches(one, other, lenient=False):
        return True
    return None if _matches(one, other, lenient=True) else False


def _matches(wide: tuple[Token, ...], narrow: tuple[Token, ...], *, lenient: bool) -> bool:
    """Whether `wide` matches `narrow`.

    :param lenient: Opaque parts are whatever makes them match, if they can be.
    """
    pending, seen = [(0, 0)], {(0, 0)}
    while pending:
        i, j = pending.pop()
        if i == len(wide) and j == len(narrow):
            return True
        for step in _steps(wide[i] if i < len(wide) else None, narrow[j] if j < len(narrow) else None, lenient):
            state = (i + step[0], j + step[1])
            if state not in seen and state[0] <= len(wide) and state[1] <= len(narrow):
                seen.add(state)
                pending.append(state)
    return False


def _steps(wide: Token | None, narrow: Token | None, lenient: bool) -> list[tuple[int, int]]:
    """How far one may go in both patterns."""
    if wide == _STAR:
        return [(1, 0), (0, 1)]
    steps = []
    if wide is not None and wide == narrow:
        steps.append((1, 1))
    if wide == _ANY and (narrow == _ANY or (isinstance(narrow, str) and narrow != _STAR)):
        steps.append((1, 1))
    if lenient and isinstance(narrow, tuple):
        steps += [(along_wide, along_narrow) for along_narrow, along_wide in _as_opaque(narrow, wide)]
    if lenient and isinstance(wide, tuple):
        steps += _as_opaque(wide, narrow)
    return steps


def _as_opaque(opaque: tuple[str, str, str], other: Token | None) -> list[tuple[int, int]]:
    """How far one may go along the opaque part and along the other pattern, if the one is some of the other's text."""
    if opaque[2] == _HEAD:
        return [(1, 1)] if _may_be(opaque, other) else []
    return [(1, 0), (0, 1)] if _may_be(opaque, other) else [(1, 0)]


def _may_be(opaque: tuple[str, str, str], other: Token | None) -> bool:
    """Whether `other` may be some of the opaque part's text."""
    if other is None:
        return False
    if other == _STAR:
        # What a pattern's star stands for, an attribute of one resource is not.
        return not opaque[1]
    if isinstance(other, tuple):
        # Two different resources are not the same.
        return not (opaque[1] and other[1] and opaque[1] != other[1])
    # A partition, a Region and an account have neither colons nor slashes.
    return not opaque[1].startswith("AWS::") or bool(_IN_PSEUDO_PARAMETER.fullmatch(other))


def in_partition(value: Value) -> Value:
    """An ARN in the stack's partition as one in `aws`: where that is another one, one in `aws` matches nothing."""
    parts = value.get("Fn::Concat") if isinstance(value, dict) else None
    if isinstance(parts, list) and parts[:2] == ["arn:", {"Ref": "AWS::Partition"}]:
        return concat(["arn:aws", *parts[2:]])
    return value


def _tokens(value: Value) -> tuple[Token, ...]:
    value = in_partition(value)
    parts = value["Fn::Concat"] if isinstance(value, dict) and "Fn::Concat" in value else [value]
    tokens: list[Token] = []
    for part in parts:
        if not isinstance(part, str):
            tokens += _opaque(key_of(part), _owner(part))
            continue
        end = 0
        for match in _POLICY_VARIABLE.finditer(part):
            tokens += part[end : match.start()]
            end = match.end()
            # IAM's way to write a sign literally: ${*}
            tokens += _opaque(match[0], "")
        tokens += part[end:]
    return tuple(tokens)


def _opaque(key: str, owner: str) -> list[Token]:
    """What is an attribute of something is not empty: its first character is a token of its own."""
    rest = (key, owner, _REST)
    return [(key, owner, _HEAD), rest] if owner else [rest]


def _owner(value: Value) -> str:
    """The resource or pseudo parameter that the expression is an attribute of; empty for all else."""
    if is_expression(value):
        if isinstance(value.get("Ref"), str):
            return str(value["Ref"])
        target = value.get("Fn::GetAtt")
        if isinstance(target, list) and target:
            return str(target[0])
        outer = value.get("Fn::Outer")
        if isinstance(outer, list) and len(outer) == 2 and (owner := _owner(json.loads(outer[1]))):
            return f"{outer[0]} {owner}"
    return ""
