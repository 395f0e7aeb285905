"""Pairs of templates, real and generated, on which the review is compared with AWS's differ."""

from __future__ import annotations

import copy
import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from tests.review.rule_cases import CASES
from tests.review.templates import Json, resource, template

ROOT = Path(__file__).parents[2]
SNAPSHOTS = "tests/constructs/__snapshots__/test_templates"
# The corpus does not grow by itself: whether the two agree on a new pair is for a person to look at.
LAST_COMMIT = "fd376c6"
# This project's stacks as they were then.
STACKS = Path(__file__).with_name("stacks")
SEED = 14
MUTATIONS_OF_EACH = 15


@dataclass(frozen=True)
class Pair:
    name: str
    old: Json
    new: Json


def corpus() -> list[Pair]:
    return [*history(), *snapshots(), *rule_pairs(), *mutations(), *forms()]


def history() -> Iterator[Pair]:
    """This project's snapshots before and after commits that changed them; none in a shallow clone."""
    commits = _git("log", "--format=%h", "--no-merges", LAST_COMMIT, "--", SNAPSHOTS).split()
    for commit in commits:
        for name in _git("diff-tree", "--no-commit-id", "--name-only", "-r", commit, "--", SNAPSHOTS).split():
            before, after = (_git("show", f"{revision}:{name}") for revision in (f"{commit}~1", commit))
            if before and after:
                yield Pair(f"{commit} {Path(name).stem}", json.loads(before), json.loads(after))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout if done.returncode == 0 else ""


def stacks() -> dict[str, Json]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(STACKS.glob("*.json"))}


def snapshots() -> Iterator[Pair]:
    """From each of the stacks to each other."""
    for (one, old), (other, new) in permutations(stacks().items(), 2):
        yield Pair(f"{one} to {other}", old, new)


def rule_pairs() -> Iterator[Pair]:
    for index, case in enumerate(CASES):
        old, new = (template({"It": one} if one else {}) for one in (case.old, case.breaking))
        yield Pair(f"{index} {case}", old, new)


def mutations() -> Iterator[Pair]:
    """The stacks, each with some changes drawn at random."""
    random_ = random.Random(SEED)  # noqa: S311
    for name, original in stacks().items():
        for number in range(MUTATIONS_OF_EACH):
            changed = copy.deepcopy(original)
            done = [_mutate(changed, random_) for _ in range(random_.randint(1, 4))]
            yield Pair(f"{name} {number}: {', '.join(done)}", original, changed)


def _mutate(changed: Json, random_: random.Random) -> str:
    resources = changed["Resources"]
    logical_id = random_.choice(sorted(resources))
    one = resources[logical_id]
    properties = one.setdefault("Properties", {})
    kind = random_.choice(("property", "property", "property", "removed", "added", "policy", "reference", "unset"))
    if kind == "property" and properties:
        name = random_.choice(sorted(properties))
        properties[name] = _other(properties[name])
        return f"{logical_id}.{name} changed"
    if kind == "unset" and properties:
        name = random_.choice(sorted(properties))
        del properties[name]
        return f"{logical_id}.{name} unset"
    if kind == "removed":
        del resources[logical_id]
        return f"{logical_id} removed"
    if kind == "reference":
        target = random_.choice(sorted(resources))
        properties["Description"] = {"Ref": target}
        return f"{logical_id} refers to {target}"
    if kind == "policy":
        one["DeletionPolicy"] = random_.choice(("Retain", "Delete"))
        return f"{logical_id} {one['DeletionPolicy']}"
    resources[f"Added{random_.randint(0, 99)}"] = copy.deepcopy(one)
    return f"{logical_id} copied"


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return f"{value}-other"
    return {"Ref": "AWS::StackName"}


def forms() -> Iterator[Pair]:
    """One change each of what the two are known to see differently."""
    topic = {"T": resource("AWS::SNS::Topic", {"TopicName": "t"})}

    def of(one: Any, other: Any, **sections: Any) -> Iterator[Pair]:
        for name in ("QueueName", "VisibilityTimeout"):
            old, new = (
                template({**topic, "It": resource("AWS::SQS::Queue", {name: value})}, **sections)
                for value in (one, other)
            )
            yield Pair(f"{name}: {json.dumps(one)} to {json.dumps(other)}", old, new)

    yield from of({"Fn::Join": ["", ["a", {"Ref": "T"}]]}, {"Fn::Sub": "a${T}"})
    yield from of({"Fn::GetAtt": "T.TopicName"}, {"Fn::GetAtt": ["T", "TopicName"]})
    yield from of("1", 1)
    yield from of("1.10", "1.1")
    yield from of(
        "x", {"Fn::If": ["C", "x", "y"]}, Conditions={"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}
    )
    replaced = [
        template(
            {
                "T": resource("AWS::SNS::Topic", {"FifoTopic": fifo}),
                "It": resource("AWS::SQS::Queue", {"QueueName": {"Fn::Sub": "x-${T.TopicName}"}}),
                "Also": resource("AWS::SQS::Queue", {"QueueName": {"Fn::GetAtt": ["T", "TopicName"]}}),
            }
        )
        for fifo in (False, True)
    ]
    yield Pair("a reference in Fn::Sub to what is replaced", *replaced)
    defaults = [
        template(
            {"It": resource("AWS::SQS::Queue", {"QueueName": {"Ref": "P"}})},
            Parameters={"P": {"Type": "String", "Default": default}},
        )
        for default in "ab"
    ]
    yield Pair("another default of a parameter", *defaults)
