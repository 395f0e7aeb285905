"""Which old resource is which new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from connect_constructs._review.expressions import Value, key_of, renamed
from connect_constructs._review.facts import facts_of
from connect_constructs._review.template import Resource, Template

# What tells two of the same name apart, beside the name that the specification knows.
_MORE = {"AWS::Route53::RecordSet": ("Type", "SetIdentifier")}

# How often references are followed while looking for equals: a method refers to a resource, that one to its parent, …
_ROUNDS = 8


class Likeness(Enum):
    """Why two resources are taken for the same."""

    ID = "id"
    # Another logical id with the same physical name.
    NAME = "name"
    # Another logical id with equal properties.
    PROPERTIES = "properties"


@dataclass(frozen=True)
class Pair:
    """An old resource and the new one; None where it was added or removed."""

    old: Resource | None
    new: Resource | None
    likeness: Likeness = Likeness.ID


def paired(old: Template, new: Template) -> list[Pair]:
    """All resources of both templates.

    The same logical id with another type is one pair. Of the others those of one type are paired by physical name,
    else by equal properties, references to paired resources being equal.
    """
    pairs = [Pair(resource, new.resources[name]) for name, resource in old.resources.items() if name in new.resources]
    removed = {name: one for name, one in old.resources.items() if name not in new.resources}
    added = {name: one for name, one in new.resources.items() if name not in old.resources}
    names: dict[str, str] = {}

    def pair(before: Resource, after: Resource, likeness: Likeness) -> None:
        pairs.append(Pair(before, after, likeness))
        names[before.logical_id] = after.logical_id
        del removed[before.logical_id], added[after.logical_id]

    by_name = {key: one for one in added.values() if (key := physical_name(one, {}))}
    for before in list(removed.values()):
        same = by_name.get(physical_name(before, {}) or "")
        if same is not None and same.logical_id in added:
            pair(before, same, Likeness.NAME)
    for before, after in _equals(removed.values(), added.values(), names):
        pair(before, after, Likeness.PROPERTIES)
    pairs += [Pair(one, None) for one in removed.values()] + [Pair(None, one) for one in added.values()]
    return pairs


def renames(pairs: Iterable[Pair]) -> dict[str, str]:
    """The new logical id by the old one, where they differ."""
    return {
        pair.old.logical_id: pair.new.logical_id
        for pair in pairs
        if pair.old and pair.new and pair.old.logical_id != pair.new.logical_id
    }


def physical_name(resource: Resource, names: dict[str, str]) -> str | None:
    """A text that is the same for two resources that cannot both exist; None where CloudFormation makes the name.

    :param names: The new logical ids by the old ones.
    """
    facts = facts_of(resource.type)
    if facts is None or not facts.name or facts.name[0] not in resource.properties:
        return None
    parts = [renamed(resource.properties.get(name), names) for name in (*facts.name, *_MORE.get(resource.type, ()))]
    return key_of([resource.type, *parts])


def _equals(
    removed: Iterable[Resource], added: Iterable[Resource], names: dict[str, str]
) -> list[tuple[Resource, Resource]]:
    """Pairs with equal properties, in which references to resources that are equal themselves are equal."""
    olds, news = list(removed), list(added)
    old_ids, new_ids = {one.logical_id for one in olds}, {one.logical_id for one in news}
    # Each unpaired resource gets a colour: its type and properties, with the colours of what it refers to. In each
    # round the colours see one reference further.
    old_colours = {one.logical_id: one.type for one in olds}
    new_colours = {one.logical_id: one.type for one in news}
    for _ in range(_ROUNDS):
        old_marks, new_marks = {**names, **_marked(old_colours, old_ids)}, _marked(new_colours, new_ids)
        old_colours = {one.logical_id: _colour(one, old_marks) for one in olds}
        new_colours = {one.logical_id: _colour(one, new_marks) for one in news}
    by_colour: dict[str, list[Resource]] = defaultdict(list)
    for one in news:
        by_colour[new_colours[one.logical_id]].append(one)
    found = []
    for one in olds:
        same = by_colour[old_colours[one.logical_id]]
        # Of several equals any will do: what tells them apart is their ids alone.
        if same:
            found.append((one, same.pop(0)))
    return found


def _marked(colours: dict[str, str], ids: set[str]) -> dict[str, str]:
    return {name: f"?{colours[name]}" for name in ids}


def _colour(resource: Resource, names: dict[str, str]) -> str:
    value: Value = [resource.type, renamed(resource.properties, names), renamed(resource.condition, names)]
    # A hash, because a colour has other colours in it.
    return str(hash(key_of(value)))
