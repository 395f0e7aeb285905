"""The handler and the in-memory Amazon Connect, which share no code, accept and refuse the same inputs.

HYPOTHESIS_PROFILE=long tries 10,000 random inputs a test instead of the same 300.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from connect_constructs.local.contract_check import UnreadableBodyError, parse_body
from connect_constructs.local.contract_check import violations as violations_by_schema
from contact_updates.contract import Operation, operations, violations
from contact_updates.endpoint.request import Request
from contact_updates.outcome import UpdateError
from tests.handler.contract.generated_inputs import generate_input
from tests.handler.proxy import attributes_event

settings.register_profile(
    "contract",
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.register_profile("contract-long", settings.get_profile("contract"), max_examples=10_000, derandomize=False)
PROFILE = settings.get_profile("contract-long" if os.environ.get("HYPOTHESIS_PROFILE") == "long" else "contract")

UPDATE_ATTRIBUTES, UPDATE_CONTACT = operations()
RANDOMS = st.randoms(use_true_random=False)
FAULTS = st.sampled_from([0.0, 0.0, 0.01, 0.05, 0.3])


def assert_same_verdict(operation: Operation, parameters: dict[str, Any]) -> None:
    ours = violations(operation, parameters)
    theirs = violations_by_schema(operation.name, parameters)
    note(f"handler: {ours}\nin-memory Amazon Connect: {theirs}")
    assert bool(ours) == bool(theirs)


@PROFILE
@given(rng=RANDOMS, operation=st.sampled_from(operations()), faults=FAULTS)
def test_generated_inputs_get_the_same_verdict(rng: random.Random, operation: Operation, faults: float) -> None:
    parameters = generate_input(rng, operation.name, faults=faults)
    note(f"{operation.name} {json.dumps(parameters)[:2000]}")

    assert_same_verdict(operation, parameters)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@PROFILE
@given(member=st.sampled_from(sorted(["InstanceId", "InitialContactId", "Attributes", "Other"])), value=JSON_VALUES)
def test_any_json_in_a_member_of_attributes_gets_the_same_verdict(member: str, value: Any) -> None:
    right = {"InstanceId": "i", "InitialContactId": "c", "Attributes": {"k": "v"}}

    assert_same_verdict(UPDATE_ATTRIBUTES, {**right, member: value})
    assert_same_verdict(UPDATE_ATTRIBUTES, {**right, "Attributes": {"k": value, member: "v"}})


@PROFILE
@given(
    member=st.sampled_from(
        ["Name", "References", "SegmentAttributes", "QueueInfo", "UserInfo", "CustomerEndpoint", "AdditionalRecipients"]
    ),
    inner=st.sampled_from(["Type", "ValueInteger", "ValueMap", "ValueList", "Id", "CcEmailAddresses"]),
    value=JSON_VALUES,
)
def test_any_json_in_a_member_of_a_contact_gets_the_same_verdict(member: str, inner: str, value: Any) -> None:
    labels = {"InstanceId": "i", "ContactId": "c"}

    assert_same_verdict(UPDATE_CONTACT, {**labels, member: value})
    assert_same_verdict(UPDATE_CONTACT, {**labels, member: {inner: value}})
    assert_same_verdict(UPDATE_CONTACT, {**labels, member: {"k": {inner: value}}})


@PROFILE
@given(rng=RANDOMS, cut=st.integers(0, 200), inserted=st.text(alphabet='{}[]",:\\0eE.-NaI\n\ud800\u3000x ', max_size=3))
def test_bodies_that_may_not_be_json_get_the_same_verdict(rng: random.Random, cut: int, inserted: str) -> None:
    # Given: the text of a request, with a few characters put into it
    text = json.dumps(generate_input(rng, "UpdateContactAttributes", faults=0.0), ensure_ascii=rng.random() < 0.8)
    text = text[:cut] + inserted + text[cut:]
    note(text[:2000])

    # When
    try:
        ours = bool(violations(UPDATE_ATTRIBUTES, Request(attributes_event(text), None).parameters.values))
    except UpdateError:
        ours = True
    try:
        # A lone surrogate has no UTF-8 encoding: as bytes it is not text.
        theirs = bool(
            violations_by_schema("UpdateContactAttributes", parse_body(text.encode("utf-8", "surrogatepass")))
        )
    except UnreadableBodyError:
        theirs = True

    # Then
    assert ours == theirs


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
@pytest.mark.parametrize(("faults", "at_least", "at_most"), [(0.0, 160, 200), (0.05, 20, 180), (0.5, 0, 20)])
def test_generated_inputs_are_right_and_wrong_as_asked(
    operation: Operation, faults: float, at_least: int, at_most: int
) -> None:
    rng = random.Random(0)  # noqa: S311 - the same inputs each time
    inputs = [generate_input(rng, operation.name, faults=faults) for _ in range(200)]

    assert at_least <= sum(not violations(operation, parameters) for parameters in inputs) <= at_most
