"""Each constraint of the contract, at its boundary: all violations at once, by path, never by value."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from contact_updates.contract import Operation, operations, violations
from tests.handler.proxy import CONTACT_ID, INSTANCE_ID

UPDATE_ATTRIBUTES, UPDATE_CONTACT = operations()
REFERENCE_TYPES = (
    "URL, ATTACHMENT, CONTACT_ANALYSIS, NUMBER, STRING, DATE, EMAIL, EMAIL_MESSAGE, EMAIL_MESSAGE_PLAIN_TEXT, "
    "EMAIL_MESSAGE_PLAIN_TEXT_REDACTED, EMAIL_MESSAGE_REDACTED"
)
ARN = "arn:aws:connect:us-east-1:1:x/y"


def of_attributes(attributes: Any, **changes: Any) -> list[str]:
    body = {"InstanceId": INSTANCE_ID, "InitialContactId": CONTACT_ID, "Attributes": attributes}
    return violations(UPDATE_ATTRIBUTES, {**body, **changes})


def of_contact(**fields: Any) -> list[str]:
    return violations(UPDATE_CONTACT, {"InstanceId": INSTANCE_ID, "ContactId": CONTACT_ID, **fields})


def nested(levels: int, innermost: dict[str, Any]) -> dict[str, Any]:
    """SegmentAttributes with `innermost` inside `levels` ValueMaps: a map at depth 2 + 2 * levels of the request."""
    for _ in range(levels):
        innermost = {"k": {"ValueMap": innermost}}
    return innermost


# -- what is right ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"a": ""},
        {"Az09_-": "value"},
        {"k" * 32_767: ""},
        {"k": "v" * 32_767},
        {"k": "é" * 16_383},  # 2 bytes a character
        {"k": "😀" * 8_191, "abc": ""},  # 4 bytes a character; 32,768 in all
        {"k": "line\nfeed \0 and \x7f"},
    ],
)
def test_accepts_attributes_at_their_limits(attributes: dict[str, str]) -> None:
    assert of_attributes(attributes) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Name": ""},
        {"Name": "é" * 1024},
        {"Description": "d" * 4096},
        {"References": {}},
        {"References": {"r": {"Type": "STRING"}}},
        {"References": {"r": {"Type": "URL", "Value": "v" * 4095}}},
        {"References": {"r" * 4096: {"Type": "URL", "Value": ""}}},
        {"References": {"r": {"Type": "URL", "Value": "", "Status": "FAILED", "Arn": "a" * 20, "StatusReason": ""}}},
        {"References": {"r": {"Type": "URL", "Arn": ":" * 256, "StatusReason": "s" * 100}}},
        {"SegmentAttributes": {"s" * 128: {"ValueString": "v" * 1024}}},
        {"SegmentAttributes": {"s": {}}},
        {"SegmentAttributes": {"s": {"ValueInteger": 2**31 - 1}, "t": {"ValueInteger": -(2**31)}}},
        {"SegmentAttributes": {"s": {"ValueList": [{"ValueArn": ""}, {"ValueMap": {"t": {"ValueList": []}}}]}}},
        {"QueueInfo": {}},
        {"QueueInfo": {"Id": ""}},
        {"UserInfo": {"UserId": "u" * 256}},
        {"CustomerEndpoint": {"Type": "VOIP", "Address": "a" * 256}},
        {"SystemEndpoint": {}},
        {"AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "a@b.c", "DisplayName": "d" * 256}] * 50}},
        {"AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "a@b." + "c" * 251}]}},
    ],
)
def test_accepts_fields_at_their_limits(fields: dict[str, Any]) -> None:
    assert of_contact(**fields) == []


# -- one violation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"k": "v" * 16_384, "l": "v" * 16_383},
            "Attributes: expected at most 32768 UTF-8 bytes in all keys and values together, got 32769",
        ),
        (
            {"k": "é" * 16_384},
            "Attributes: expected at most 32768 UTF-8 bytes in all keys and values together, got 32769",
        ),
        (
            {"k": "😀" * 8_192},
            "Attributes: expected at most 32768 UTF-8 bytes in all keys and values together, got 32769",
        ),
        ({"k": 5}, "Attributes.k: expected a string, got a number"),
        ({"k": 5.5}, "Attributes.k: expected a string, got a number"),
        ({"k": float("inf")}, "Attributes.k: expected a string, got a number"),
        ({"k": 10**4000}, "Attributes.k: expected a string, got a number"),
        ({"k": True}, "Attributes.k: expected a string, got a boolean"),
        ({"k": None}, "Attributes.k: expected a string, got null"),
        ({"k": []}, "Attributes.k: expected a string, got a list"),
        ({"k": {}}, "Attributes.k: expected a string, got an object"),
        ([], "Attributes: expected an object, got a list"),
        ("text", "Attributes: expected an object, got a string"),
        (None, "Attributes: expected an object, got null"),
        ({"k": "\ud800"}, "Attributes.k: expected Unicode text, got half of a surrogate pair"),
        ({"k": "\udfff\ud800"}, "Attributes.k: expected Unicode text, got half of a surrogate pair"),
        (
            {"a key": "v"},
            "the key of Attributes[member 1]: expected a match of the pattern ^[A-Za-z0-9_-]+$",
        ),
        (
            {"fine": "v", "key\n": "v"},
            "the key of Attributes[member 2]: expected a match of the pattern ^[A-Za-z0-9_-]+$",
        ),
        ({"a.b": "v"}, "the key of Attributes.a.b: expected a match of the pattern ^[A-Za-z0-9_-]+$"),
        ({"clé": "v"}, "the key of Attributes[member 1]: expected a match of the pattern ^[A-Za-z0-9_-]+$"),
        ({"٣": "v"}, "the key of Attributes[member 1]: expected a match of the pattern ^[A-Za-z0-9_-]+$"),
    ],
)
def test_names_what_is_wrong_with_attributes(attributes: Any, expected: str) -> None:
    assert of_attributes(attributes) == [expected]


@pytest.mark.parametrize("key", ["a secret", "\ud800", "k" * 101, "", "line\nfeed", "clé", "+15555550100"])
def test_names_an_unsafe_key_by_its_position(key: str) -> None:
    assert of_attributes({}, **{key: 1}) == ["the body[member 4]: unknown member"]


def test_one_value_can_break_two_rules() -> None:
    assert of_attributes({"k": "v" * 32_768}) == [
        "Attributes.k: expected at most 32767 characters, got 32768",
        "Attributes: expected at most 32768 UTF-8 bytes in all keys and values together, got 32769",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Name": "n" * 1025}, "Name: expected at most 1024 characters, got 1025"),
        ({"Name": "😀" * 1025}, "Name: expected at most 1024 characters, got 1025"),
        ({"Description": "d" * 4097}, "Description: expected at most 4096 characters, got 4097"),
        ({"Nickname": "n"}, "Nickname: unknown member"),
        ({"name": "n"}, "name: unknown member"),
        ({}, "the body: expected at least one field to update"),
        ({"References": {"r": {}}}, "References.r.Type: required, but missing"),
        ({"References": {"r": {"Type": "url"}}}, f"References.r.Type: expected one of {REFERENCE_TYPES}"),
        ({"References": {"r": {"Type": "URL "}}}, f"References.r.Type: expected one of {REFERENCE_TYPES}"),
        ({"References": {"r": {"Type": ""}}}, f"References.r.Type: expected one of {REFERENCE_TYPES}"),
        ({"References": {"r": {"Type": 1}}}, "References.r.Type: expected a string, got a number"),
        ({"References": {"r": []}}, "References.r: expected an object, got a list"),
        ({"References": {"r": {"Type": "URL", "Other": 1}}}, "References.r.Other: unknown member"),
        ({"References": {"r r": {"Type": "URL", "Other": 1}}}, "References[member 1].Other: unknown member"),
        (
            {"References": {"": {"Type": "URL"}}},
            "the key of References[member 1]: expected at least 1 characters, got 0",
        ),
        (
            {"References": {"r": {"Type": "URL", "Value": "v" * 4096}}},
            "References: expected at most 4096 UTF-8 bytes in all keys and values together, got 4097",
        ),
        (
            {"References": {"r": {"Type": "URL", "Value": "é" * 2048}}},
            "References: expected at most 4096 UTF-8 bytes in all keys and values together, got 4097",
        ),
        (
            {"References": {"r": {"Type": "URL", "Arn": "a" * 19}}},
            "References.r.Arn: expected at least 20 characters, got 19",
        ),
        (
            {"References": {"r": {"Type": "URL", "Arn": "a" * 257}}},
            "References.r.Arn: expected at most 256 characters, got 257",
        ),
        (
            {"References": {"r": {"Type": "URL", "Arn": " " + ARN}}},
            "References.r.Arn: expected a match of the pattern ^[-:/A-Za-z0-9]+",
        ),
        (
            {"References": {"r": {"Type": "URL", "StatusReason": "s" * 101}}},
            "References.r.StatusReason: expected at most 100 characters, got 101",
        ),
        (
            {"SegmentAttributes": {"s" * 129: {}}},
            "the key of SegmentAttributes[member 1]: expected at most 128 characters, got 129",
        ),
        (
            {"SegmentAttributes": {"": {}}},
            "the key of SegmentAttributes[member 1]: expected at least 1 characters, got 0",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueString": "v" * 1025}}},
            "SegmentAttributes.s.ValueString: expected at most 1024 characters, got 1025",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": 2**31}}},
            "SegmentAttributes.s.ValueInteger: expected an integer of 32 bits",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": -(2**31) - 1}}},
            "SegmentAttributes.s.ValueInteger: expected an integer of 32 bits",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": 10**4000}}},
            "SegmentAttributes.s.ValueInteger: expected an integer of 32 bits",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": 1.0}}},
            "SegmentAttributes.s.ValueInteger: expected an integer, got a number",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": True}}},
            "SegmentAttributes.s.ValueInteger: expected an integer, got a boolean",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": "1"}}},
            "SegmentAttributes.s.ValueInteger: expected an integer, got a string",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueList": {}}}},
            "SegmentAttributes.s.ValueList: expected a list, got an object",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueList": [{}, {"ValueArn": "\ud800"}]}}},
            "SegmentAttributes.s.ValueList[1].ValueArn: expected Unicode text, got half of a surrogate pair",
        ),
        (
            {"SegmentAttributes": {"\ud800": {}}},
            "the key of SegmentAttributes[member 1]: expected Unicode text, got half of a surrogate pair",
        ),
        ({"QueueInfo": "q"}, "QueueInfo: expected an object, got a string"),
        ({"UserInfo": {"UserId": ""}}, "UserInfo.UserId: expected at least 1 characters, got 0"),
        ({"UserInfo": {"UserId": "u" * 257}}, "UserInfo.UserId: expected at most 256 characters, got 257"),
        (
            {"CustomerEndpoint": {"Type": "PHONE"}},
            "CustomerEndpoint.Type: expected one of TELEPHONE_NUMBER, VOIP, CONTACT_FLOW, CONNECT_PHONENUMBER_ARN, "
            "EMAIL_ADDRESS",
        ),
        (
            {"SystemEndpoint": {"Address": "a" * 257}},
            "SystemEndpoint.Address: expected at most 256 characters, got 257",
        ),
        (
            {"AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "a@b.c"}] * 51}},
            "AdditionalRecipients.CcEmailAddresses: expected at most 50 items, got 51",
        ),
        (
            {"AdditionalRecipients": {"CcEmailAddresses": [{}]}},
            "AdditionalRecipients.CcEmailAddresses[0].EmailAddress: required, but missing",
        ),
        (
            {"AdditionalRecipients": {"CcEmailAddresses": [{"EmailAddress": "a@b"}]}},
            "AdditionalRecipients.CcEmailAddresses[0].EmailAddress: expected a match of the pattern "
            r"[^\s@]+@[^\s@]+\.[^\s@]+",
        ),
    ],
)
def test_names_what_is_wrong_with_fields_of_a_contact(fields: dict[str, Any], expected: str) -> None:
    assert of_contact(**fields) == [expected]


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


def test_accepts_32_levels_of_nesting_and_refuses_33() -> None:
    assert of_contact(SegmentAttributes=nested(15, {})) == []
    assert of_contact(SegmentAttributes=nested(14, {"k": {"ValueString": "v"}})) == []

    (refused,) = of_contact(SegmentAttributes=nested(15, {"k": {}}))

    assert refused.startswith("SegmentAttributes.k.ValueMap.k.")
    assert refused.endswith(": nested deeper than 32 levels")


def test_refuses_lists_that_are_nested_too_deeply() -> None:
    value: dict[str, Any] = {}
    for _ in range(500):
        value = {"ValueList": [value]}

    (refused,) = of_contact(SegmentAttributes={"s": value})

    assert refused.endswith(": nested deeper than 32 levels")


# -- many violations --------------------------------------------------------------------------------------------------


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
        "References.r.Arn: expected a match of the pattern ^[-:/A-Za-z0-9]+",
        f"References[member 2].Type: expected one of {REFERENCE_TYPES}",
        "SegmentAttributes.t.ValueInteger: expected an integer of 32 bits",
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
        # Keys with what cannot be in an identifier are named by their position.
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
