"""Each constraint of UpdateContact, at its boundary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handler.contract.parameters import REFERENCE_TYPES, nested, of_contact

ARN = "arn:aws:connect:us-east-1:1:x/y"


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
            "References.r.Arn: expected to match the pattern ^[-:/A-Za-z0-9]+",
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
            "SegmentAttributes.s.ValueInteger: expected a 32-bit integer",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": -(2**31) - 1}}},
            "SegmentAttributes.s.ValueInteger: expected a 32-bit integer",
        ),
        (
            {"SegmentAttributes": {"s": {"ValueInteger": 10**4000}}},
            "SegmentAttributes.s.ValueInteger: expected a 32-bit integer",
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
            "SegmentAttributes.s.ValueList[1].ValueArn: expected Unicode text, got a lone surrogate",
        ),
        (
            {"SegmentAttributes": {"\ud800": {}}},
            "the key of SegmentAttributes[member 1]: expected Unicode text, got a lone surrogate",
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
            "AdditionalRecipients.CcEmailAddresses[0].EmailAddress: expected to match the pattern "
            r"[^\s@]+@[^\s@]+\.[^\s@]+",
        ),
    ],
)
def test_names_what_is_wrong_with_fields_of_a_contact(fields: dict[str, Any], expected: str) -> None:
    assert of_contact(**fields) == [expected]


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
