"""The in-memory Amazon Connect's errors for invalid input: the broken rule, and never a value."""

from __future__ import annotations

from typing import Any

import pytest

from connect_constructs.contract.schema import full_schema
from connect_constructs.contract.service_model import service_model
from connect_constructs.local.contract_check import RULES, violations

# The keywords that only contain others, and `utf8BytesOf`, which is part of `maxUtf8Bytes`.
_STRUCTURE = {"$schema", "$ref", "$defs", "properties", "propertyNames", "items", "utf8BytesOf"}

UPDATE = {"InstanceId": "i", "ContactId": "c"}
ATTRIBUTES = {"InstanceId": "i", "InitialContactId": "c"}


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        (
            "UpdateContact",
            UPDATE,
            [
                "the input: expected at least one of Name, Description, References, SegmentAttributes, QueueInfo, "
                "UserInfo, CustomerEndpoint, SystemEndpoint, AdditionalRecipients"
            ],
        ),
        ("UpdateContactAttributes", {}, ["the input: expected InitialContactId, InstanceId, Attributes"]),
        (
            "UpdateContactAttributes",
            {**ATTRIBUTES, "Attributes": {}, "Secret": 1},
            ["the input: expected no other members than InitialContactId, InstanceId, Attributes"],
        ),
        ("UpdateContact", {**UPDATE, "Name": 4711}, ["Name: expected a string"]),
        ("UpdateContact", {**UPDATE, "ContactId": "", "Name": ""}, ["ContactId: expected at least 1 character"]),
        ("UpdateContact", {**UPDATE, "Name": "s" * 1025}, ["Name: expected at most 1024 characters"]),
        (
            "UpdateContact",
            {**UPDATE, "References": {"secret": {"Type": "STRING", "Value": "s" * 4097}}},
            [
                "References.*.Value: expected at most 4096 characters",
                "References: expected at most 4096 UTF-8 bytes in all keys and values together",
            ],
        ),
        ("UpdateContact", {**UPDATE, "References": {"secret": {}}}, ["References.*: expected Type"]),
        (
            "UpdateContactAttributes",
            {**ATTRIBUTES, "Attributes": {"a secret": "1"}},
            ["a key of Attributes: expected a match of ^[A-Za-z0-9_-]+$"],
        ),
        (
            "UpdateContactAttributes",
            {**ATTRIBUTES, "Attributes": {"a": "\ud800"}},
            ["the input: expected no half of a surrogate pair"],
        ),
    ],
)
def test_violation_is_named_by_its_rule(operation: str, parameters: dict[str, Any], expected: list[str]) -> None:
    assert violations(operation, parameters) == expected


def test_every_keyword_of_the_contract_has_a_rule() -> None:
    keywords: set[str] = set()

    def collect(schema: dict[str, Any]) -> None:
        keywords.update(schema)
        named = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
        inner = [schema.get(keyword) for keyword in ("additionalProperties", "propertyNames", "items")]
        for item in [*named, *inner]:
            if isinstance(item, dict):
                collect(item)

    for operation in service_model()["operations"]:
        collect(full_schema(operation))

    assert keywords - _STRUCTURE == set(RULES)
