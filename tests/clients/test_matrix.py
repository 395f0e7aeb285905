"""Every client makes every call to the in-memory Amazon Connect and to the deployed endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connect_constructs.contract.service_model import service_model
from tests.clients import client_names
from tests.clients.call import Client
from tests.clients.cases import CASES, PRIVATE, Case, Expected
from tests.clients.outcomes import Outcome, Outcomes, is_untouched, sent_is_stored
from tests.clients.table import Cells
from tests.clients.target import ClientNamed, TargetName

_TYPES_IN_MODEL = {name for name, shape in service_model()["shapes"].items() if shape.get("exception")}

_CALLS = [
    pytest.param(target, case, client, id=f"{target.name.lower()}-{case.name}-{client}")
    for target in TargetName
    for case in CASES
    if target in case.answers
    for client in client_names.ALL
]


@pytest.mark.parametrize(("target_name", "case", "client_name"), _CALLS)
def test_gets_the_right_answer(
    target_name: TargetName, case: Case, client_name: str, client_named: ClientNamed, outcomes: Outcomes, cells: Cells
) -> None:
    client = client_named(client_name)

    with cells.recorded(target_name, case.name, client_name) as cell:
        outcome = outcomes.of(target_name, case, client)
        expected = case.answers[target_name]
        gateway_type = expected.gateway_type
        if gateway_type and client.reads_type_from_header:
            cell.instead = gateway_type
            expected = replace(expected, error_type=gateway_type)
        if case.has_values_of_other_types and client.makes_text_of_values:
            cell.instead = "200, they are sent as text"
            expected = Expected(200)
        _check_answer(expected, outcome, client, target_name)
        if expected.error_type is None:
            assert sent_is_stored(case, client, outcome)
        else:
            assert is_untouched(outcome)
        if outcome.attempts is not None:
            assert outcome.attempts == (case.max_attempts if client.retries else 1)
            cell.instead = f"yes, {outcome.attempts} attempt{'s' if outcome.attempts > 1 else ''}"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_deviation_from_amazon_connect_has_its_reason(case: Case) -> None:
    own = case.answers[TargetName.ENDPOINT]
    if case.answers.get(TargetName.AMAZON_CONNECT) != own:
        assert case.note


def _check_answer(expected: Expected, outcome: Outcome, client: Client, target: TargetName) -> None:
    if outcome.failure:
        raise outcome.failure
    answer = outcome.answer
    assert answer
    assert answer.output == ""
    assert answer.error_type == expected.error_type
    if client.shows_http:
        assert answer.status == expected.status
    if expected.error_type is None:
        return
    assert answer.message
    assert " " in answer.message
    assert expected.says in answer.message
    assert PRIVATE not in answer.message
    if client.has_types and expected.error_type in _TYPES_IN_MODEL:
        assert answer.is_typed
    if target is TargetName.ENDPOINT and client.shows_http:
        assert answer.retry_after == ("1" if expected.status == 429 else None)
