"""The contract as JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connect_constructs.contract.schema import full_schema

OPERATIONS = ("UpdateContactAttributes", "UpdateContact")
ATTRIBUTES = {"InstanceId": "i", "InitialContactId": "c", "Attributes": {"Tier": "gold"}}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_full_schema_is_valid_draft_2020_12(operation: str) -> None:
    Draft202012Validator.check_schema(full_schema(operation))


@pytest.mark.parametrize(
    ("operation", "input_", "valid"),
    [
        ("UpdateContactAttributes", ATTRIBUTES, True),
        ("UpdateContactAttributes", {**ATTRIBUTES, "InstanceId": "i" * 101}, False),
        ("UpdateContactAttributes", {**ATTRIBUTES, "Attributes": {"a key": "v"}}, False),
        ("UpdateContact", {"InstanceId": "i", "ContactId": "c"}, False),
        ("UpdateContact", {"InstanceId": "i", "ContactId": "c", "Name": ""}, True),
        ("UpdateContact", {"InstanceId": "i", "ContactId": "c", "Nickname": ""}, False),
        ("UpdateContact", {"ContactId": "c", "Name": ""}, False),
        (
            "UpdateContact",
            {
                "InstanceId": "i",
                "ContactId": "c",
                "SegmentAttributes": {"s": {"ValueList": [{"ValueMap": {"t": {"ValueInteger": 1}}}]}},
            },
            True,
        ),
        (
            "UpdateContact",
            {
                "InstanceId": "i",
                "ContactId": "c",
                "SegmentAttributes": {"s": {"ValueList": [{"ValueMap": {"t": {"ValueInteger": 2**31}}}]}},
            },
            False,
        ),
    ],
)
def test_full_schema_states_the_contract(operation: str, input_: Any, valid: bool) -> None:
    assert Draft202012Validator(full_schema(operation)).is_valid(input_) is valid
