"""A message, its dead letter, and the dead letter moved back: the same update, within the queue's limit."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_updates.contract import operations
from contact_updates.outcome import UpdateError
from contact_updates.update import Update
from contact_updates.update_message import MAX_MESSAGE_BYTES, Rejection, parse_message, write_message, write_rejected

# Amazon SQS API Reference, "SendMessage".
TAKEN_BY_SQS = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
# The queue's limit, as the construct sets it.
QUEUE_BYTES = 262_144

REASONS = {
    "no reason": "",
    "a plain one": "x" * 1_000,
    "controls": "\x01" * 5_000,
    "lone surrogates": "\ud800" * 1_000,
    "emoji": "\U0001f600" * 1_000,
}
LONGEST_REJECTION = Rejection(type="InvalidActiveRegionException", reason="\x01" * 1_000, public_reason="")

# The id of an update whose message has no `updateId`.
MESSAGE_ID = "2af4228d-e226-51f8-ded9-e32c70ddcb13"

ANY_CHARACTER = st.characters(exclude_categories=()) | st.sampled_from("\x00\x1f\x7f\ud800\udfff\ufffe\uffff\U0001f600")
ANY_TEXT = st.text(ANY_CHARACTER)
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda values: st.lists(values) | st.dictionaries(ANY_TEXT, values),
)


# A function of ours: of a pattern's own method hypothesis makes a strategy, for seconds.
def is_taken_by_sqs(text: str) -> bool:
    return TAKEN_BY_SQS.fullmatch(text) is not None


def as_read(value: Any) -> Any:
    """`value` after a round trip through JSON: a surrogate pair becomes one character."""
    return json.loads(json.dumps(value))


def in_utf8(value: Any) -> str:
    """JSON as a producer may write it, with only those characters escaped that SQS refuses."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff\ufffe\uffff]", lambda found: json.dumps(found[0])[1:-1], text)


def size(body: str) -> int:
    """The size in bytes. Fails if SQS refuses the text."""
    assert is_taken_by_sqs(body)
    return len(body.encode())


def moved_back(body: str, reason: str = "Not this.") -> str:
    """The dead letter as it is moved back to the queue."""
    return write_rejected(body, Rejection(type="InvalidParameterException", reason=reason, public_reason=""), "u")


def update_of(parameters: dict[str, Any]) -> Update:
    return Update(operation=operations()[0], parameters=parameters)


def without_rejection(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: field for name, field in fields.items() if name != "rejection"}


@settings(deadline=None, max_examples=30)
@given(parameters=st.dictionaries(ANY_TEXT, ANY_VALUE), request_id=st.none() | ANY_TEXT, reason=ANY_TEXT)
def test_update_is_the_same_when_its_dead_letter_is_moved_back(
    parameters: dict[str, Any], request_id: str | None, reason: str
) -> None:
    body = write_message(update_of(parameters), update_id="u", request_id=request_id)

    letter = moved_back(body, reason)
    again = moved_back(letter, reason)

    fields = parse_message(body)
    assert fields["parameters"] == as_read(parameters)
    rejected = parse_message(letter)
    assert without_rejection(rejected) == without_rejection(parse_message(again)) == fields
    assert rejected["rejection"].items() >= as_read({"reason": reason[:1_000]}).items()
    # The second rejection replaces the first.
    assert size(again) == size(letter)


@settings(deadline=None, max_examples=30)
@given(parameters=st.dictionaries(ANY_TEXT, ANY_VALUE), escaped=st.booleans(), indent=st.none() | st.just(1))
def test_producers_message_grows_by_no_more_than_its_rejection(
    parameters: dict[str, Any], escaped: bool, indent: int | None
) -> None:
    fields = {"version": 1, "operation": "UpdateContact", "parameters": parameters}
    body = json.dumps(fields, indent=indent) if escaped else in_utf8(fields)

    letter = write_rejected(body, LONGEST_REJECTION, MESSAGE_ID)

    assert size(letter) <= size(body) + QUEUE_BYTES - MAX_MESSAGE_BYTES
    assert without_rejection(parse_message(letter)) == {**parse_message(body), "updateId": MESSAGE_ID}


@pytest.mark.parametrize("first", range(0, 0x110000, 0x10000), ids=hex)
def test_no_character_takes_more_room_in_the_dead_letter(first: int) -> None:
    # The largest message with each character of the plane, unescaped wherever SQS accepts it.
    characters = [chr(code) for code in range(first, first + 0x10000)]
    for part in (characters[number : number + 0x4000] for number in range(0, len(characters), 0x4000)):
        fields = {"version": 1, "operation": "UpdateContact", "parameters": {"Name": part}, "filling": ""}
        fields["filling"] = "x" * (MAX_MESSAGE_BYTES - size(in_utf8(fields)))
        body = in_utf8(fields)
        assert size(body) == MAX_MESSAGE_BYTES

        letter = write_rejected(body, LONGEST_REJECTION, MESSAGE_ID)

        assert size(letter) <= QUEUE_BYTES
        assert parse_message(letter)["rejection"]["type"] == LONGEST_REJECTION.type
        assert without_rejection(parse_message(letter)) == {**fields, "updateId": MESSAGE_ID}


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
@pytest.mark.parametrize("character", ["x", "\x01", '"', "\x7f", "\u00e9", "\u20ac", "\ud800", "\uffff", "\U0001f600"])
def test_largest_message_of_each_kind_of_character_can_be_moved_back(character: str, reason: str) -> None:
    per_character = size(in_utf8(character)) - 2
    empty = size(write_message(update_of({"Name": ""}), update_id="u", request_id=None))
    count = (MAX_MESSAGE_BYTES - empty) // per_character

    body = write_message(update_of({"Name": character * count}), update_id="u", request_id=None)
    letter = moved_back(body, reason)

    assert MAX_MESSAGE_BYTES - per_character < size(body) <= MAX_MESSAGE_BYTES
    assert size(letter) <= QUEUE_BYTES
    assert parse_message(letter)["parameters"] == {"Name": as_read(character * count)}
    with pytest.raises(UpdateError) as refused:
        write_message(update_of({"Name": character * (count + 1)}), update_id="u", request_id=None)
    too_large = empty + per_character * (count + 1)
    assert refused.value.error_type == "RequestEntityTooLargeException"
    assert refused.value.message == (
        f"Expected an update that takes at most 250000 bytes as JSON in UTF-8, got {too_large}."
    )


FIELDS = '{"version":1,"operation":"UpdateContact","parameters":{},"x":'


@pytest.mark.parametrize(
    "body",
    [
        # Python writes 1e9 as 1000000000.0.
        FIELDS + "[" + ",".join(["1e9"] * 60_000) + "]}",
        # Larger than a producer may send, and smaller than the limit of the queue.
        FIELDS + '"' + "x" * (QUEUE_BYTES - len(FIELDS) - 3) + '"}',
        # It would be twice as large as JSON in JSON.
        '"' * 200_000,
        "\\" * QUEUE_BYTES,
    ],
    ids=["numbers", "a message of the queue's own limit", "quotation marks", "backslashes"],
)
def test_message_that_has_no_room_for_its_rejection_is_kept_as_it_is(body: str) -> None:
    assert size(body) <= QUEUE_BYTES

    assert write_rejected(body, LONGEST_REJECTION, MESSAGE_ID) == body


@settings(deadline=None, max_examples=30)
@given(body=st.text(ANY_CHARACTER.filter(is_taken_by_sqs), min_size=1))
def test_whatever_is_in_the_queue_has_a_dead_letter_that_the_queue_takes(body: str) -> None:
    characters = QUEUE_BYTES // 4
    for large in (body, (body * (characters // len(body) + 1))[:characters]):
        assert size(write_rejected(large, LONGEST_REJECTION, MESSAGE_ID)) <= QUEUE_BYTES
