"""Each constraint of UpdateContactAttributes, at its boundary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handler.contract.parameters import of_attributes


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
        ({"k": "\ud800"}, "Attributes.k: expected Unicode text, got a lone surrogate"),
        ({"k": "\udfff\ud800"}, "Attributes.k: expected Unicode text, got a lone surrogate"),
        (
            {"a key": "v"},
            "the key of Attributes[member 1]: expected to match the pattern ^[A-Za-z0-9_-]+$",
        ),
        (
            {"fine": "v", "key\n": "v"},
            "the key of Attributes[member 2]: expected to match the pattern ^[A-Za-z0-9_-]+$",
        ),
        ({"a.b": "v"}, "the key of Attributes.a.b: expected to match the pattern ^[A-Za-z0-9_-]+$"),
        ({"clé": "v"}, "the key of Attributes[member 1]: expected to match the pattern ^[A-Za-z0-9_-]+$"),
        ({"٣": "v"}, "the key of Attributes[member 1]: expected to match the pattern ^[A-Za-z0-9_-]+$"),
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
