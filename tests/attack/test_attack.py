"""A small attack on the queue's promise: each scenario once, and some of the mutants. `make attack` runs the rest."""

from __future__ import annotations

import dataclasses

import pytest

from tests.attack.handler_code import HandlerCode, NotMutatedError
from tests.attack.mutants import MUTANTS, Mutant
from tests.attack.run import Run
from tests.attack.scenario import Scenario
from tests.attack.scenarios import SCENARIOS

# Each of these takes seconds.
_LONG = ("what expires after twelve days", "the quota shared with others")

# Some of the mutants, as all of them take minutes.
_MUTANTS_AT_HAND = (
    "acknowledges although the dead letter was not kept",
    "goes on with a contact after a failure",
    "takes a new contact for a missing one",
    "does not pace its calls",
    "confirms what the queue did not",
)


@pytest.fixture(scope="session")
def handler_code() -> HandlerCode:
    return HandlerCode()


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS if scenario.name not in _LONG],
)
def test_the_promise_holds(scenario: Scenario, handler_code: HandlerCode) -> None:
    small = dataclasses.replace(scenario, updates=scenario.updates // 3)

    assert Run(small, 0, handler_code).result().broken == []


@pytest.mark.parametrize("name", _MUTANTS_AT_HAND)
def test_a_mutant_of_the_handler_is_caught(name: str) -> None:
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == name)
    (scenario,) = (scenario for scenario in SCENARIOS if scenario.name == mutant.scenario)

    # The endpoint's ids differ from run to run, and so does what a lost answer hits.
    code = mutant.code()
    assert any(Run(scenario, seed, code).result().broken for seed in range(8))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_changes_the_handler_of_today(mutant: Mutant) -> None:
    assert mutant.scenario in {scenario.name for scenario in SCENARIOS}
    mutant.code()


def test_a_mutant_whose_code_is_gone_is_an_error() -> None:
    mutant = Mutant("of old", "consumer.consumer", "no such line", "", "calm")

    with pytest.raises(NotMutatedError, match=r"consumer\.py: expected once, found 0 times"):
        mutant.code()


def test_the_same_seed_gives_the_same_run(handler_code: HandlerCode) -> None:
    (scenario,) = (scenario for scenario in SCENARIOS if scenario.name == "resets before and after")

    once, again, other = (Run(scenario, seed, handler_code).result() for seed in (1, 1, 2))

    assert (once.calls, once.updates, once.dead_letters) == (again.calls, again.updates, again.dead_letters)
    assert once.calls != other.calls
