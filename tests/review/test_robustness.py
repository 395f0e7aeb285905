"""Whatever a template holds, the review reports or says that it cannot read it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connect_constructs._review.accepted import Accepted
from connect_constructs._review.canonical import canonical
from connect_constructs._review.errors import InputError
from connect_constructs._review.failing import DEFAULT, parse_failing
from connect_constructs._review.markdown import as_markdown
from connect_constructs._review.patterns import covers
from connect_constructs._review.reading import StackInput
from connect_constructs._review.report import make_report
from connect_constructs._review.review import review
from connect_constructs._review.structured import as_json
from connect_constructs._review.text import as_text
from tests.review.rule_cases import CASES
from tests.review.templates import Json, allow, deny, role, template

SNAPSHOTS = sorted((Path(__file__).parents[1] / "constructs" / "__snapshots__").rglob("*.json"))
REAL = json.loads(SNAPSHOTS[0].read_text(encoding="utf-8"))
SMALL = template(
    {
        **{f"R{index}": case.old for index, case in enumerate(CASES) if case.old},
        "Role": role(allow("s3:GetObject", {"Fn::Sub": "${R1.Arn}/*"}), deny("s3:*", Condition={"Bool": {"a": "b"}})),
    },
    Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}},
    Parameters={"P": {"Type": "String", "Default": "a"}},
    Outputs={"O": {"Value": {"Fn::GetAtt": ["R1", "Arn"]}, "Export": {"Name": "e"}}},
    Mappings={"M": {"a": {"b": "c"}}},
)

WORDS = st.sampled_from(
    [
        "",
        "*",
        "a*",
        "NONE",
        "Allow",
        "R1",
        "P",
        "C",
        "${R1.Arn}",
        "${",
        "AWS::NoValue",
        "1e999",
        "0.0.0.0/0",
        "\x00é`|",
        "\ud800",
    ]
)
KEYS = st.sampled_from(
    [
        "Ref",
        "Fn::GetAtt",
        "Fn::Sub",
        "Fn::Join",
        "Fn::If",
        "Fn::FindInMap",
        "Fn::Select",
        "Fn::Split",
        "Fn::Not",
        "Fn::Concat",
        "Fn::Parameter",
        "Condition",
        "Statement",
        "Principal",
        "Action",
        "Type",
        "Properties",
        "A",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, item in inner for place in places(item, (*path, key))]


def changed(original: Json, place: tuple[Any, ...], value: Any) -> Json:
    copied = copy.deepcopy(original)
    holder: Any = copied
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return copied


PLACES = {"small": places(SMALL), "real": places(REAL)}


def reported(old: Json, new: Json) -> None:
    try:
        found = review([StackInput("S", old)], [StackInput("S", new)])
    except InputError:
        return
    report = make_report(found, parse_failing(DEFAULT), Accepted({}))
    for form in (as_text, as_markdown, as_json):
        form(report)
    assert all(entry.finding.what for entry in report.entries)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES["small"]), VALUES, st.booleans())
def test_any_value_anywhere_is_reported_or_refused(place: tuple[Any, ...], value: Any, is_old: bool) -> None:
    broken = changed(SMALL, place, value)
    reported(broken, SMALL) if is_old else reported(SMALL, broken)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES["real"]), VALUES)
def test_any_value_in_a_real_template_is_reported_or_refused(place: tuple[Any, ...], value: Any) -> None:
    reported(REAL, changed(REAL, place, value))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES["small"]), VALUES)
def test_no_change_is_no_finding(place: tuple[Any, ...], value: Any) -> None:
    one = changed(SMALL, place, value)
    try:
        found = review([StackInput("S", one)], [StackInput("S", copy.deepcopy(one))]).findings
    except InputError:
        return
    assert found == []


def test_conditions_that_grow_with_each_other_are_refused() -> None:
    conditions: Json = {"C0": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}
    for number in range(1, 10):
        before = {"Condition": f"C{number - 1}"}
        conditions[f"C{number}"] = {"Fn::Or": [before, {"Fn::And": [before, before]}]}
    with pytest.raises(InputError, match="is made of too many others"):
        canonical({"Resources": {}, "Conditions": conditions}, "Stack")


def test_pattern_of_many_stars_is_unknown_instead_of_slow() -> None:
    assert covers("*a" * 400 + "b", "a" * 400) is None
