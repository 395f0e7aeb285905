"""The review: all findings of two sets of stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connect_constructs._review.canonical import canonical
from connect_constructs._review.comparison import compare_templates
from connect_constructs._review.expressions import Value, is_expression, key_of, renamed
from connect_constructs._review.findings import Class, Finding
from connect_constructs._review.imports import exports_in_use
from connect_constructs._review.pairing import paired, renames
from connect_constructs._review.reading import StackInput, is_nested_stack
from connect_constructs._review.rules import rows
from connect_constructs._review.template import Template


@dataclass(frozen=True)
class Review:
    """The findings, most serious class first, and how many stacks were compared."""

    findings: list[Finding]
    compared: int


@dataclass
class _Pair:
    name: str
    old: StackInput | None
    new: StackInput | None
    # For a nested stack, what its parents give it.
    old_arguments: dict[str, Value] = field(default_factory=dict)
    new_arguments: dict[str, Value] = field(default_factory=dict)
    # For a nested stack, whether its logical id has changed: all that is in it is removed, and created anew.
    is_created_anew: bool = False


def review(old: Sequence[StackInput], new: Sequence[StackInput]) -> Review:
    """Compare the stacks of the same names, and those nested in them."""
    before, after = {stack.name: stack for stack in old}, {stack.name: stack for stack in new}
    names = list(dict.fromkeys([*before, *after]))
    in_use = exports_in_use(stack.template for stack in new)
    findings: list[Finding] = []
    compared = 0
    for name in names:
        if name not in after:
            what = "The stack is no longer in the app. It stays deployed until it is destroyed"
            findings.append(rows.STACK_MISSING.finding(name, what, old=name))
            continue
        if name not in before:
            findings.append(rows.STACK_ADDED.finding(name, "The stack is new", new=name))
        compared += 1
        findings += _compare(_Pair(name, before.get(name), after[name]), in_use)
    return Review(sorted(_merged(findings), key=lambda one: (one.class_.value, names_order(one, names))), compared)


def names_order(finding: Finding, names: Sequence[str]) -> tuple[int, str, str, str]:
    """Stacks in the order in which they were read, resources by name."""
    root = next((index for index, name in enumerate(names) if finding.stack.split("/")[0] in (name, finding.stack)), 0)
    return root, finding.stack, finding.resource, finding.rule


def _compare(pair: _Pair, in_use: set[str]) -> Iterator[Finding]:
    old = _canonical(pair.old, pair.name, pair.old_arguments)
    new = _canonical(pair.new, pair.name, pair.new_arguments)
    pairs = paired(old, new)
    names = renames(pairs)
    yield from compare_templates(old, new, pairs, names, in_use)
    for nested in _nested(pair, old, new, names):
        if isinstance(nested, Finding):
            yield nested
        elif nested.is_created_anew:
            removed = _Pair(nested.name, nested.old, None, nested.old_arguments)
            yield from (one for one in _compare(removed, in_use) if one.class_ in (Class.DATA, Class.IDENTITY))
            yield from _compare(replace(nested, is_created_anew=False), in_use)
        else:
            yield from _compare(nested, in_use)


def _canonical(stack: StackInput | None, name: str, arguments: dict[str, Value]) -> Template:
    if stack is None:
        return canonical({}, name)
    return canonical(
        stack.template,
        name,
        asset_hashes=stack.assets.keys(),
        account=stack.account,
        region=stack.region,
        paths=stack.paths,
        arguments=arguments,
    )


def _nested(pair: _Pair, old: Template, new: Template, names: dict[str, str]) -> Iterator[_Pair | Finding]:
    olds = _nested_ids(pair.old)
    news = _nested_ids(pair.new)
    old_by_new_id = {names.get(logical_id, logical_id): logical_id for logical_id in olds}
    for logical_id in dict.fromkeys([*old_by_new_id, *news]):
        old_id = old_by_new_id.get(logical_id)
        before = pair.old.nested(old_id) if pair.old and old_id else None
        after = pair.new.nested(logical_id) if pair.new and logical_id in news else None
        name = f"{pair.name}/{logical_id}"
        kept = old_id is not None and old.resources[old_id].deletion_policy in ("Retain", "RetainExceptOnCreate")
        if kept and logical_id not in news:
            continue
        if (old_id and before is None) or (logical_id in news and after is None):
            unread = _unread_nested(pair, logical_id, old_id, old, new)
            if unread:
                yield unread
            continue
        yield _Pair(
            name,
            before,
            after,
            _arguments(old, old_id, names) if old_id else {},
            _arguments(new, logical_id, {}) if logical_id in news else {},
            is_created_anew=old_id is not None and logical_id in news and old_id != logical_id and not kept,
        )


def _nested_ids(stack: StackInput | None) -> list[str]:
    resources = stack.template.get("Resources") if stack else None
    return [name for name, one in resources.items() if is_nested_stack(one)] if isinstance(resources, dict) else []


def _arguments(template: Template, logical_id: str, names: dict[str, str]) -> dict[str, Value]:
    """The parent's values for the nested stack's parameters; what is computed is opaque inside."""
    given = template.resources[logical_id].properties.get("Parameters")
    if not isinstance(given, dict) or is_expression(given):
        return {}
    values = {name: renamed(value, names) for name, value in given.items()}
    return {
        name: value if isinstance(value, str) else {"Fn::Outer": [template.stack, key_of(value)]}
        for name, value in values.items()
    }


def _unread_nested(pair: _Pair, logical_id: str, old_id: str | None, old: Template, new: Template) -> Finding | None:
    before = old.resources[old_id].properties if old_id else None
    after = new.resources[logical_id].properties if logical_id in new.resources else None
    if pair.old and pair.new and pair.old.template == pair.new.template:
        return None
    what = "The nested stack is not compared, because its template is not beside its parent's"
    return rows.NESTED_STACK_NOT_FOUND.finding(
        pair.name, what, resource=logical_id, type_name="AWS::CloudFormation::Stack", old=before, new=after
    )


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for those that differ by their branch only."""
    found: dict[str, Finding] = {}
    for one in findings:
        same = found.get(one.id)
        if same is None:
            found[one.id] = one
        elif not (same.branch and one.branch):
            found[one.id] = replace(same, branch="")
        elif one.branch not in same.branch.split("; "):
            found[one.id] = replace(same, branch=f"{same.branch}; {one.branch}")
    return list(found.values())
