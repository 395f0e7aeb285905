"""All violations at once, with paths, never with values."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from contact_updates.contract import Operation, violations
from tests.handler.contract.parameters import (
    REFERENCE_TYPES,
    UPDATE_ATTRIBUTES,
    UPDATE_CONTACT,
    nested,
    of_attributes,
    of_contact,
)


@pytest.mark.parametrize(
    ("operation", "label", "longest"),
    [
        (UPDATE_ATTRIBUTES, "InstanceId", 100),
        (UPDATE_ATTRIBUTES, "InitialContactId", 256),
        (UPDATE_CONTACT, "InstanceId", 100),
        (UPDATE_CONTACT, "ContactId", 256),
    ],
)
def test_checks_the_lengths_of_identifiers(operation: Operation, label: str, longest: int) -> None:
    right: dict[str, Any] = {"InstanceId": "i", operation.contact_member: "c"}
    if operation is UPDATE_ATTRIBUTES:
        right["Attributes"] = {}
    else:
        right["Name"] = ""

    assert violations(operation, {**right, label: "x" * longest}) == []
    assert violations(operation, {**right, label: "x" * (longest + 1)}) == [
        f"{label}: expected at most {longest} characters, got {longest + 1}"
    ]
    assert violations(operation, {**right, label: ""}) == [f"{label}: expected at least 1 characters, got 0"]
    assert violations(operation, {name: right[name] for name in right if name != label}) == [
        f"{label}: required, but missing"
    ]
    assert violations(operation, {**right, label: None}) == [f"{label}: expected a string, got null"]


def test_names_all_violations_at_once() -> None:
    found = violations(
        UPDATE_CONTACT,
        {
            "InstanceId": "i" * 101,
            "Name": 5,
            "Nickname": "x",
            "References": {"r": {"Value": 1, "Arn": ""}, "s s": {"Type": "NONE"}},
            "SegmentAttributes": {"t": {"ValueInteger": 2**40, "ValueList": [{"ValueString": None}]}},
            "UserInfo": {"UserId": ""},
        },
    )

    assert found == [
        "ContactId: required, but missing",
        "InstanceId: expected at most 100 characters, got 101",
        "Name: expected a string, got a number",
        "Nickname: unknown member",
        "References.r.Type: required, but missing",
        "References.r.Value: expected a string, got a number",
        "References.r.Arn: expected at least 20 characters, got 0",
        "References.r.Arn: expected to match the pattern ^[-:/A-Za-z0-9]+",
        f"References[member 2].Type: expected one of {REFERENCE_TYPES}",
        "SegmentAttributes.t.ValueInteger: expected a 32-bit integer",
        "SegmentAttributes.t.ValueList[0].ValueString: expected a string, got null",
        "UserInfo.UserId: expected at least 1 characters, got 0",
    ]


def test_names_every_missing_member() -> None:
    assert violations(UPDATE_ATTRIBUTES, {}) == [
        "InitialContactId: required, but missing",
        "InstanceId: required, but missing",
        "Attributes: required, but missing",
    ]


def test_names_100_violations_and_that_there_are_more() -> None:
    found = of_attributes({f"k{number}": number for number in range(250)})

    assert len(found) == 101
    assert found[:100] == [f"Attributes.k{number}: expected a string, got a number" for number in range(100)]
    assert found[100] == "and more"


def test_wrongly_typed_values_do_not_count_as_bytes() -> None:
    found = of_attributes({"k": ["v" * 40_000], "l": 10**100})

    assert found == [
        "Attributes.k: expected a string, got a list",
        "Attributes.l: expected a string, got a number",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"Name": ["SECRET"], "Description": {"SECRET": 1}},
        {"Name": "SECRET" * 300},
        {"Name": "SECRET\ud800"},
        {"References": {"r": {"Type": "SECRET", "Value": "SECRET" * 1000, "Arn": "SECRET SECRET SECRET SECRET"}}},
        {"SegmentAttributes": {"s": {"ValueInteger": "SECRET", "ValueString": "SECRET" * 500}}},
        {"AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "SECRET"}, "SECRET"]}},
        {"CustomerEndpoint": {"Type": "SECRET", "Address": "SECRET" * 100}},
        # Keys that are not plain identifiers are named by their position.
        {"SECRET person": 1, "References": {"SECRET@example.com": {}}},
        {"SegmentAttributes": {"SECRET +1 555": {"ValueMap": {"SECRET/": {"SECRET?": 1}}}}},
    ],
)
def test_never_repeats_a_value(fields: dict[str, Any]) -> None:
    found = of_contact(**fields)

    assert found != []
    assert "SECRET" not in json.dumps(found)


def test_violations_are_smaller_than_what_provoked_them() -> None:
    wide = {f"{'k' * 95}{number}": {"ValueInteger": "x"} for number in range(1000)}
    found = of_contact(SegmentAttributes=nested(14, wide))

    assert sum(map(len, found)) < len(json.dumps(wide))


def test_millions_of_violations_do_not_take_up_the_functions_memory() -> None:
    body = {"SegmentAttributes": {"k" * 100: {"ValueList": [0] * 1_000_000}}}

    tracemalloc.start()
    violations(UPDATE_CONTACT, body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000
