"""The review and AWS's own differ, on a corpus of templates."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connect_constructs._review.canonical import canonical
from connect_constructs._review.changes import Change
from connect_constructs._review.comparison import resource_changes
from connect_constructs._review.findings import Aspect, Class
from connect_constructs._review.pairing import Likeness, paired, renames
from connect_constructs._review.reading import StackInput
from connect_constructs._review.replacement import Impact
from connect_constructs._review.review import review
from connect_constructs._review.rules.rows import ROWS
from tests.review.corpus import Pair, corpus
from tests.review.templates import Json, resource, template
from tools.cut_resource_facts import FACTS

NODE = Path(__file__).parent / "node"

pytestmark = pytest.mark.skipif(not (NODE / "node_modules").is_dir(), reason="npm has not installed tests/review/node")

REPLACES, MAY, NOT = "replaces", "may replace", "does not replace"
RANK = [REPLACES, MAY, NOT]
THEIRS = {"WILL_REPLACE": REPLACES, "MAY_REPLACE": MAY}
OURS = {Impact.REPLACE: REPLACES, Impact.MAY_REPLACE: MAY}


def their_answers(pairs: list[tuple[Json, Json]]) -> list[Any]:
    """One start of Node for all pairs."""
    done = subprocess.run(
        ["node", "differ.mjs"],  # noqa: S607
        cwd=NODE,
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def our_impacts(old: Json, new: Json) -> dict[str, str]:
    """For each resource that keeps its id and its type, the worst that happens to it in any branch."""
    found: dict[str, str] = {}
    for change in _kept_changes(old, new):
        impact = OURS.get(change.replacement.impact, NOT)
        worst = found.get(change.resource.logical_id, NOT)
        found[change.resource.logical_id] = min(impact, worst, key=RANK.index)
    return found


def our_causes(old: Json, new: Json) -> dict[str, tuple[str, ...]]:
    """The replaced resources because of which each is replaced."""
    return {change.resource.logical_id: change.replacement.because_of for change in _kept_changes(old, new)}


def _kept_changes(old: Json, new: Json) -> list[Change]:
    before, after = canonical(old, "S"), canonical(new, "S")
    pairs = paired(before, after)
    _, _, changes = resource_changes(before, after, pairs, renames(pairs))
    return [change for change in changes if change.old and change.new and change.likeness is Likeness.ID]


@dataclass(frozen=True)
class Disagreement:
    pair: Pair
    logical_id: str
    theirs: str
    ours: str


def kept(pair: Pair) -> set[str]:
    old, new = pair.old["Resources"], pair.new["Resources"]
    return {name for name in old if name in new}


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return corpus()


@pytest.fixture(scope="module")
def answers(pairs: list[Pair]) -> list[Any]:
    return their_answers([(pair.old, pair.new) for pair in pairs])


@pytest.fixture(scope="module")
def disagreements(pairs: list[Pair], answers: list[Any]) -> list[Disagreement]:
    found = []
    for pair, answer in zip(pairs, answers, strict=True):
        ours = our_impacts(pair.old, pair.new)
        for name in sorted(kept(pair)):
            theirs = THEIRS.get(answer["impacts"].get(name), NOT)
            if theirs != ours.get(name, NOT):
                found.append(Disagreement(pair, name, theirs, ours.get(name, NOT)))
    return found


def _old_and_new(one: Disagreement) -> tuple[Json, Json]:
    return one.pair.old["Resources"][one.logical_id], one.pair.new["Resources"][one.logical_id]


def _another_type(one: Disagreement) -> bool:
    old, new = _old_and_new(one)
    return (one.theirs, one.ours) == (REPLACES, NOT) and old["Type"] != new["Type"]


def _same_value_in_another_form(one: Disagreement) -> bool:
    old, new = (canonical(side, "S").resources[one.logical_id] for side in (one.pair.old, one.pair.new))
    return one.ours == NOT and old == new


def _taken_along(one: Disagreement) -> bool:
    return one.theirs == NOT and bool(our_causes(one.pair.old, one.pair.new).get(one.logical_id))


def _equal_as_numbers(one: Disagreement) -> bool:
    old, new = (side["Properties"].values() for side in _old_and_new(one))
    return one.theirs == NOT and all(float(before) == float(after) for before, after in zip(old, new, strict=True))


def _another_default(one: Disagreement) -> bool:
    old, new = _old_and_new(one)
    return one.theirs == NOT and old == new and one.pair.old["Parameters"] != one.pair.new["Parameters"]


# Every disagreement about replacement is one of these.
REASONS = {
    "CloudFormation refuses to change a logical id's type: the review says that the deployment fails": _another_type,
    "Fn::Join and Fn::Sub of the same parts are the same value": _same_value_in_another_form,
    "The differ does not see references inside Fn::Join and Fn::Sub to what is replaced": _taken_along,
    "The differ does not follow the defaults of parameters": _another_default,
    "The differ takes texts that are equal as numbers for equal: 1.10 and 1.1": _equal_as_numbers,
}


def test_corpus_is_large_enough(pairs: list[Pair], answers: list[Any]) -> None:
    assert sum("error" not in answer for answer in answers) >= 100
    assert any(answer["impacts"] for answer in answers)


def test_both_agree_on_replacement_but_for_what_is_listed(disagreements: list[Disagreement]) -> None:
    listed = set()
    for one in disagreements:
        reason = next((reason for reason, applies in REASONS.items() if applies(one)), None)
        assert reason, f"{one.pair.name}: {one.logical_id}: the differ says {one.theirs}, the review {one.ours}"
        listed.add(reason)
    assert listed == set(REASONS), "a reason is not needed any more"


def test_both_agree_on_replacement_somewhere(pairs: list[Pair], answers: list[Any]) -> None:
    """That agreement is not silence of both."""
    agreed = [
        name
        for pair, answer in zip(pairs, answers, strict=True)
        for name, impact in our_impacts(pair.old, pair.new).items()
        if impact != NOT and THEIRS.get(answer["impacts"].get(name)) == impact
    ]
    assert len(agreed) >= 20


ABOUT_GRANTS = {row.id for row in ROWS if row.class_ is Class.PERMISSIONS or row.aspect is Aspect.PERMISSION} | {
    "resource-policy-opened",
    "trust-opened",
    "principal-unknown",
}
# Security groups are grants to the differ.
ABOUT_NETWORKS = {"network-open", "network-egress-open"}


def test_permissions_that_the_differ_alone_finds_broadened_are_there_before(
    pairs: list[Pair], answers: list[Any]
) -> None:
    """It compares statements: a second policy with what the first allows is new to it."""
    for pair, answer in zip(pairs, answers, strict=True):
        if answer.get("broadened") and not widened(pair):
            assert " copied" in pair.name, pair.name


def test_what_the_review_alone_finds_is_no_statement(pairs: list[Pair], answers: list[Any]) -> None:
    """Authorization, public access and origins are no permissions to the differ; nor is a document that is computed."""
    for pair, answer in zip(pairs, answers, strict=True):
        if answer.get("broadened") is False:
            assert widened(pair) & (ABOUT_GRANTS | ABOUT_NETWORKS) <= {"policy-unreadable"}, pair.name


def widened(pair: Pair) -> set[str]:
    """The rules about more permissions or exposure that the review applies."""
    found = review([StackInput("S", pair.old)], [StackInput("S", pair.new)]).findings
    return {
        one.rule
        for one in found
        if one.class_ in (Class.EXPOSURE, Class.PERMISSIONS) or one.aspect in (Aspect.EXPOSURE, Aspect.PERMISSION)
    }


# Without one, some types stop the differ.
DOCUMENT: Json = {"PolicyDocument": {"Statement": []}}


def test_both_agree_on_each_property_of_each_type() -> None:
    """One change of each property that the facts name, and of one that they do not, for all resource types."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))["types"]
    paths_of: dict[str, list[str]] = {}
    changes: list[tuple[str, tuple[Json, Json]]] = []
    for type_name, known in facts.items():
        paths = paths_of[type_name] = [*known.get("replaces", ()), *known.get("may_replace", ()), "NoSuchProperty"]
        changes.append(
            (
                type_name,
                tuple(  # type: ignore[arg-type]
                    template(
                        {
                            f"P{index}": resource(type_name, {**DOCUMENT, **nested(path, value)})
                            for index, path in enumerate(paths)
                        }
                    )
                    for value in ("a", "b")
                ),
            )
        )
    answers = their_answers([pair for _, pair in changes])
    compared, stopped = 0, []
    for (type_name, (old, new)), answer in zip(changes, answers, strict=True):
        if "error" in answer:
            stopped.append(type_name)
            continue
        ours = our_impacts(old, new)
        for name, impact in answer["impacts"].items():
            path = paths_of[type_name][int(name[1:])]
            compared += 1
            theirs = THEIRS.get(impact, NOT)
            if "." in path:
                # The differ looks at the top of the properties only, for which the specification can say less.
                assert ours[name] in (REPLACES, MAY), (type_name, path)
                assert RANK.index(ours[name]) <= RANK.index(theirs), (type_name, path)
            else:
                assert theirs == ours[name], (type_name, path)
    assert compared > 6000
    assert not stopped


def nested(path: str, value: str) -> Json:
    made: Any = value
    for name in reversed(path.split(".")):
        made = {name: made}
    given: Json = made
    return given
