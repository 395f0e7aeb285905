"""Conditions as boolean expressions, and the branches that they make.

An atom is an Fn::Equals; everything else is made of Fn::Not, Fn::And and Fn::Or over atoms. A condition that does not
depend on anything is True or False.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from connect_constructs._review.expressions import Value, dictionaries, is_expression, key_of, transform

# More atoms than these make too many branches to look at.
MOST_ATOMS = 6

# Whether each atom holds, by `key_of` the atom.
Branch = Mapping[str, bool]


def equality(left: Value, right: Value) -> Value:
    """Whether two values are equal."""
    if left == right:
        return True
    if isinstance(left, str) and isinstance(right, str):
        return False
    return {"Fn::Equals": sorted((left, right), key=lambda value: (isinstance(value, str), key_of(value)))}


def negation(operand: Value) -> Value:
    """Not."""
    if isinstance(operand, bool):
        return not operand
    return operand["Fn::Not"][0] if "Fn::Not" in operand else {"Fn::Not": [operand]}


def conjunction(operands: list[Value]) -> Value:
    """And."""
    return _joined("Fn::And", operands, neutral=True)


def disjunction(operands: list[Value]) -> Value:
    """Or."""
    return _joined("Fn::Or", operands, neutral=False)


def _joined(function: str, operands: list[Value], *, neutral: bool) -> Value:
    """The operands without those that are `neutral`; the opposite decides alone."""
    open_ones = [operand for operand in operands if operand is not neutral]
    if any(operand is (not neutral) for operand in open_ones):
        return not neutral
    if not open_ones:
        return neutral
    return open_ones[0] if len(open_ones) == 1 else {function: sorted(open_ones, key=key_of)}


def holds(condition: Value, branch: Branch) -> bool:
    """Whether `condition` holds in `branch`; no condition holds always."""
    if condition is None or isinstance(condition, bool):
        return condition is not False
    ((name, operands),) = condition.items()
    if name == "Fn::Not":
        return not holds(operands[0], branch)
    if name == "Fn::And":
        return all(holds(operand, branch) for operand in operands)
    if name == "Fn::Or":
        return any(holds(operand, branch) for operand in operands)
    return branch.get(key_of(condition), False)


def is_if(value: Value) -> bool:
    """Whether the value is an Fn::If with a condition and two branches."""
    return is_expression(value) and isinstance(value.get("Fn::If"), list) and len(value["Fn::If"]) == 3


def conditions_in(value: Value) -> list[Value]:
    """The conditions of each Fn::If in `value`."""
    return [item["Fn::If"][0] for item in dictionaries(value) if is_if(item)]


def in_branch(value: Value, branch: Branch) -> Value:
    """`value` with each Fn::If replaced by what it is in `branch`."""

    def change(inner: dict[str, Value]) -> Value | None:
        if not is_if(inner):
            return None
        condition, then, other = inner["Fn::If"]
        return in_branch(then if holds(condition, branch) else other, branch)

    return transform(value, change)


def branches(conditions: Iterable[Value]) -> list[dict[str, bool]] | None:
    """Each combination of the conditions' atoms that can occur; None if there are too many.

    Without conditions there is one branch.
    """
    atoms = {key_of(atom): atom for condition in conditions for atom in _atoms(condition)}
    if len(atoms) > MOST_ATOMS:
        return None
    combinations = (
        dict(zip(atoms, values, strict=True)) for values in itertools.product((True, False), repeat=len(atoms))
    )
    return [branch for branch in combinations if _possible(branch, atoms)]


def described(branch: Branch, conditions: Iterable[Value], names: Mapping[str, str]) -> str:
    """How a reader would call the branch, as in `Prod, not Encrypted`.

    :param names: The conditions' names by `key_of` the condition.
    """
    found: dict[str, bool] = {}
    for condition in conditions:
        if condition is not None and not isinstance(condition, bool):
            name = names.get(key_of(condition)) or names.get(key_of(negation(condition)))
            if name:
                found[name] = holds(condition, branch) == (key_of(condition) in names)
    return ", ".join(name if value else f"not {name}" for name, value in sorted(found.items()))


def _atoms(condition: Value) -> Iterator[Value]:
    if condition is None or isinstance(condition, bool):
        return
    ((name, operands),) = condition.items()
    if name in {"Fn::Not", "Fn::And", "Fn::Or"}:
        for operand in operands:
            yield from _atoms(operand)
    else:
        yield condition


def _possible(branch: Branch, atoms: Mapping[str, Value]) -> bool:
    """Whether no value would have to equal two texts at once."""
    equals: dict[str, set[str]] = {}
    for key, value in branch.items():
        left, right = atoms[key]["Fn::Equals"]
        if value and isinstance(right, str):
            equals.setdefault(key_of(left), set()).add(right)
    return all(len(texts) == 1 for texts in equals.values())
