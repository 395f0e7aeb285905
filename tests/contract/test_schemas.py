"""The contract's two renderings as JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from connect_constructs.schema import edge_schema, full_schema

OPERATIONS = ("UpdateContactAttributes", "UpdateContact")
ATTRIBUTES = {"InstanceId": "i", "InitialContactId": "c", "Attributes": {"Tier": "gold"}}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_edge_schema_is_valid_draft_4(operation: str) -> None:
    Draft4Validator.check_schema(edge_schema(operation))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_edge_schema_has_no_rule_whose_report_quotes_a_value(operation: str) -> None:
    # API Gateway's validator quotes what breaks a length, a pattern or an enum.
    assert edge_schema(operation).keys() <= {"type", "required"}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("UpdateContactAttributes", ATTRIBUTES),
        ("UpdateContactAttributes", {**ATTRIBUTES, "Attributes": {}}),
        # What follows is for the handler to refuse, which does not quote values.
        ("UpdateContactAttributes", {**ATTRIBUTES, "Attributes": {"a key": "v" * 40_000}}),
        ("UpdateContactAttributes", {**ATTRIBUTES, "Attributes": None}),
        ("UpdateContactAttributes", {**ATTRIBUTES, "Unknown": 1}),
        ("UpdateContact", {}),
        ("UpdateContact", {"Name": "n"}),
        ("UpdateContact", {"References": {"r": {"Type": "NO_SUCH_TYPE"}}}),
        ("UpdateContact", {"SegmentAttributes": {"s": {"ValueMap": {"t": {"ValueInteger": 2**40}}}}}),
    ],
)
def test_edge_lets_pass(operation: str, body: Any) -> None:
    assert Draft4Validator(edge_schema(operation)).is_valid(body)


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_edge_refuses_what_is_no_object(operation: str, body: Any) -> None:
    assert not Draft4Validator(edge_schema(operation)).is_valid(body)


@pytest.mark.parametrize("missing", sorted(ATTRIBUTES))
def test_edge_refuses_attributes_without_a_required_member(missing: str) -> None:
    body = {name: value for name, value in ATTRIBUTES.items() if name != missing}

    assert not Draft4Validator(edge_schema("UpdateContactAttributes")).is_valid(body)


def test_edge_does_not_ask_for_path_labels_in_the_body() -> None:
    assert "required" not in edge_schema("UpdateContact")


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
