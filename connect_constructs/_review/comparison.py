"""Two templates of one stack, compared."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connect_constructs._review.changes import Change
from connect_constructs._review.conditions import branches, conditions_in, described, holds, in_branch
from connect_constructs._review.expressions import (
    Value,
    dictionaries,
    is_policy,
    key_of,
    parameters_in,
    references_in,
    renamed,
    with_defaults,
)
from connect_constructs._review.facts import is_custom_resource
from connect_constructs._review.findings import Aspect, Class, Finding
from connect_constructs._review.holders import is_only_policy
from connect_constructs._review.outputs import compare_outputs
from connect_constructs._review.pairing import Likeness, Pair
from connect_constructs._review.permissions import permission_findings
from connect_constructs._review.policies import shown
from connect_constructs._review.replacement import Impact, Replacement, changed_paths, propagated, replacement
from connect_constructs._review.rules import RULES, rows
from connect_constructs._review.template import Resource, Template

# The aspect of a finding that is not certain, by the class that it would be in.
_ASPECTS = {
    Class.DATA: Aspect.CREATE_ONLY,
    Class.IDENTITY: Aspect.CREATE_ONLY,
    Class.DEPLOYMENT: Aspect.CREATE_ONLY,
    Class.EXPOSURE: Aspect.EXPOSURE,
    Class.PERMISSIONS: Aspect.PERMISSION,
    Class.PROTECTION: Aspect.PROTECTION,
}
_MACROS = ("Transform", "Fn::Transform")
# A report is read by more people than a template.
_SECRET = re.compile(r"password|secret|token|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Context:
    """What is known of a stack beside its resources' changes."""

    # With the new logical ids.
    old: Template
    new: Template
    # The conditions' names in both templates, by `key_of` the condition.
    condition_names: dict[str, str]
    # By new logical id: what refers to it in the old template.
    referred_by: dict[str, tuple[str, ...]]


def compare_templates(
    old: Template, new: Template, pairs: list[Pair], names: dict[str, str], in_use: set[str]
) -> Iterator[Finding]:
    """The findings of one stack.

    :param pairs: Of its resources.
    :param names: The new logical id by the old one, where they differ.
    :param in_use: The exports that stacks of the app import.
    """
    context, pairs, changes = resource_changes(old, new, pairs, names)
    old = context.old
    reported: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        for finding in _judged(change, new.stack):
            reported[finding.resource].add(finding.place.split(".")[0].split(" ")[0])
            yield finding
    in_permissions: set[str] = set()
    for finding in permission_findings(old, new, context.condition_names):
        in_permissions |= {finding.resource, *finding.related}
        yield finding
    yield from compare_outputs(old, new, in_use)
    yield from _unknown_types(changes, new.stack)
    yield from _computed_by_macros(changes, new.stack)
    yield from _others(pairs, changes, context, reported, in_permissions)


def resource_changes(
    old: Template, new: Template, pairs: list[Pair], names: dict[str, str]
) -> tuple[Context, list[Pair], list[Change]]:
    """The templates and pairs with the new logical ids throughout, and what happens to each resource in each branch."""
    old = _with_new_ids(old, names)
    context = Context(old, new, {**old.condition_names, **new.condition_names}, _references(old))
    pairs = [
        replace(pair, old=old.resources[names.get(pair.old.logical_id, pair.old.logical_id)]) if pair.old else pair
        for pair in pairs
    ]
    return context, pairs, _changes(pairs, context, {new_id: old_id for old_id, new_id in names.items()})


def _with_new_ids(template: Template, names: dict[str, str]) -> Template:
    if not names:
        return template
    resources = {
        names.get(logical_id, logical_id): replace(
            resource,
            logical_id=names.get(logical_id, logical_id),
            properties=renamed(resource.properties, names),
            condition=renamed(resource.condition, names),
            depends_on=tuple(sorted(names.get(one, one) for one in resource.depends_on)),
        )
        for logical_id, resource in template.resources.items()
    }
    outputs = {
        name: replace(output, value=renamed(output.value, names), export=renamed(output.export, names))
        for name, output in template.outputs.items()
    }
    return replace(template, resources=resources, outputs=outputs)


def _references(template: Template) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for output in template.outputs.values():
        for target in references_in(output.value):
            found[target].append(f"output {output.name}")
    for resource in template.resources.values():
        for target in references_in(resource.properties):
            if target != resource.logical_id:
                found[target].append(resource.logical_id)
    return {
        target: tuple(sorted(users, key=lambda user: (not user.startswith("output "), user)))
        for target, users in found.items()
    }


def _changes(pairs: list[Pair], context: Context, old_ids: dict[str, str]) -> list[Change]:
    changes: list[Change] = []
    for pair in pairs:
        changes += _changes_of(pair, context, old_ids)
    return _with_replacements(changes)


def _changes_of(pair: Pair, context: Context, old_ids: dict[str, str]) -> Iterator[Change]:
    resource = pair.new or pair.old
    assert resource
    base = Change(
        None,
        None,
        Replacement(Impact.UPDATE),
        pair.likeness,
        old_ids.get(resource.logical_id, ""),
        referred_by=context.referred_by.get(resource.logical_id, ()),
        account=context.new.account,
    )
    differing: list[Value] = [one.condition for one in (pair.old, pair.new) if one and one.condition is not None]
    for name in dict.fromkeys(name for one in (pair.old, pair.new) if one for name in one.properties):
        old = pair.old.properties.get(name) if pair.old else None
        new = pair.new.properties.get(name) if pair.new else None
        if old != new:
            differing += conditions_in(old) + conditions_in(new)
    found = branches(differing)
    if found is None:
        # Compared as they stand: each Fn::If is one opaque value.
        found = [{}]
        yield replace(base, old=pair.old, new=pair.new, branch="too many conditions")
        return
    for branch in found:
        sides = []
        for one in (pair.old, pair.new):
            there = one is not None and holds(one.condition, branch)
            sides.append(
                replace(one, properties=with_defaults(in_branch(one.properties, branch))) if one and there else None
            )
        before, after = sides
        if before is None and after is None:
            continue
        effect = Replacement(Impact.UPDATE)
        if before and after and before.type == after.type:
            effect = replacement(after.type, before.properties, after.properties)
        label = described(branch, differing, context.condition_names)
        yield replace(base, old=before, new=after, replacement=effect, branch=label)


def _with_replacements(changes: list[Change]) -> list[Change]:
    """The same with those that are replaced because others are."""
    kept = [change for change in changes if change.old and change.new]
    replaced = {
        change.resource.logical_id
        for change in kept
        if change.likeness is not Likeness.ID or change.replacement.impact is Impact.REPLACE
    }
    causes: dict[str, Replacement] = {}
    grown = True
    while grown:
        grown = False
        for change in kept:
            logical_id = change.resource.logical_id
            # A renamed resource is created anew whatever it refers to.
            if change.likeness is Likeness.ID and logical_id not in causes and change.new:
                found = propagated(change.new, replaced)
                if found:
                    causes[logical_id] = found
                    if found.impact is Impact.REPLACE and logical_id not in replaced:
                        replaced.add(logical_id)
                        grown = True
    along: dict[str, list[str]] = defaultdict(list)
    for logical_id, found in causes.items():
        for root in _roots(found, causes):
            along[root].append(logical_id)
    result = []
    for change in changes:
        logical_id = change.resource.logical_id
        own = change.replacement.impact
        if change.old and change.new and logical_id in causes and own in (Impact.UPDATE, Impact.MAY_REPLACE):
            change = replace(change, replacement=causes[logical_id])
        result.append(replace(change, takes_along=tuple(sorted(along.get(logical_id, ())))))
    return result


def _roots(found: Replacement, causes: dict[str, Replacement]) -> set[str]:
    """The resources that are replaced for a reason of their own, at the end of the causes."""
    roots: set[str] = set()
    pending, seen = list(found.because_of), set(found.because_of)
    while pending:
        logical_id = pending.pop()
        further = causes[logical_id].because_of if logical_id in causes else ()
        if not further:
            roots.add(logical_id)
        for one in further:
            if one not in seen:
                seen.add(one)
                pending.append(one)
    return roots


def _judged(change: Change, stack: str) -> Iterator[Finding]:
    if change.branch == "too many conditions":
        if change.old != change.new:
            yield _too_many_branches(change, stack)
        return
    for rule in RULES:
        for hit in rule.hits(change):
            class_ = rule.class_ if hit.certain else Class.UNKNOWN
            yield Finding(
                rule=rule.id,
                class_=class_,
                stack=stack,
                resource=change.resource.logical_id,
                type=change.resource.type,
                path=change.resource.path,
                place=hit.place,
                old=hit.old,
                new=hit.new,
                what=hit.what,
                why=hit.why or rule.why,
                todo=hit.todo or rule.todo,
                aspect=None if hit.certain else _ASPECTS[rule.class_],
                branch=change.branch,
                related=hit.related,
            )


def _too_many_branches(change: Change, stack: str) -> Finding:
    old, new = change.old, change.new
    return _row(
        rows.TOO_MANY_CONDITIONS,
        change,
        stack,
        f"{change.resource.type} has changed, and depends on too many conditions to compare it by branch",
        old=old.properties if old else None,
        new=new.properties if new else None,
    )


def _unknown_types(changes: list[Change], stack: str) -> Iterator[Finding]:
    for change in changes:
        if change.replacement.impact is not Impact.UNKNOWN or not (change.old and change.new):
            continue
        custom = is_custom_resource(change.resource.type)
        paths = change.replacement.causes
        tops = dict.fromkeys(path.split(".")[0] for path in paths)
        yield _row(
            rows.TYPE_UNKNOWN,
            change,
            stack,
            f"{change.resource.type} changes in {', '.join(paths)}",
            old={name: change.old.properties.get(name) for name in tops},
            new={name: change.new.properties.get(name) for name in tops},
            why=(
                "What an update does, the function behind the custom resource decides; it may replace what it made."
                if custom
                else "The specification of resource types does not have this type: it may be replaced."
            ),
            todo="Read the function's code." if custom else "Look the type up in CloudFormation's documentation.",
            place=paths[0],
        )


def _computed_by_macros(changes: list[Change], stack: str) -> Iterator[Finding]:
    for change in changes:
        before, after = (one.properties if one else {} for one in (change.old, change.new))
        macros = [[item for item in dictionaries(side) if "Fn::Transform" in item] for side in (before, after)]
        if macros[0] != macros[1] and macros[1]:
            what = f"{change.resource.type} has properties that a macro computes"
            yield _row(rows.MACRO_NOT_EXPANDED, change, stack, what, old=macros[0], new=macros[1])


def _others(
    pairs: list[Pair],
    changes: list[Change],
    context: Context,
    reported: dict[str, set[str]],
    in_permissions: set[str],
) -> Iterator[Finding]:
    """What no rule has reported, a line for each resource.

    :param in_permissions: The logical ids of resources whose policies are in findings about permissions.
    """
    stack = context.new.stack
    by_id: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_id[change.resource.logical_id].append(change)
    for pair in pairs:
        resource = pair.new or pair.old
        assert resource
        if resource.logical_id not in by_id:
            continue
        change = by_id[resource.logical_id][0]
        seen = reported.get(resource.logical_id, set())
        if pair.old is None or pair.new is None:
            is_reported = seen or (resource.logical_id in in_permissions and is_only_policy(resource))
            if not is_reported:
                yield _line(change, stack, f"{resource.type} is {'added' if pair.new else 'removed'}", pair)
            continue
        if resource.logical_id in in_permissions:
            seen = seen | _policy_properties(pair)
        yield from _changed(pair, by_id[resource.logical_id], stack, seen)
    for name in dict.fromkeys([*context.old.others, *context.new.others]):
        old, new = context.old.others.get(name), context.new.others.get(name)
        if old != new or name in _MACROS or name.startswith("Resources.Fn::"):
            yield from _other_section(name, old, new, context)


def _changed(pair: Pair, changes: list[Change], stack: str, seen: set[str]) -> Iterator[Finding]:
    old, new = pair.old, pair.new
    assert old
    assert new
    impacts = {change.replacement.impact for change in changes}
    if Impact.UNKNOWN in impacts or "too many conditions" in {change.branch for change in changes}:
        return
    hidden = [path for path in changed_paths(old.properties, new.properties) if path[0] not in seen]
    by_default = [path for path in hidden if _same_by_default(path[0], old, new)]
    for path in by_default:
        yield from _parameter(changes[0], stack, path, old, new)
    notes = [_described_path(path, old, new) for path in hidden if path not in by_default]
    notes += [
        name
        for name in dict.fromkeys([*old.attributes, *new.attributes])
        if old.attributes.get(name) != new.attributes.get(name)
    ]
    if old.depends_on != new.depends_on:
        notes.append("DependsOn")
    if old.condition != new.condition and not seen:
        notes.append("Condition")
    for name, before, after in (
        ("DeletionPolicy", old.deletion_policy, new.deletion_policy),
        ("UpdateReplacePolicy", old.update_replace_policy, new.update_replace_policy),
    ):
        if before != after and name not in seen:
            notes.append(f"{name} ({before or 'not set'} → {after or 'not set'})")
    is_replaced = bool(impacts & {Impact.REPLACE, Impact.MAY_REPLACE})
    renamed_here = pair.likeness is not Likeness.ID
    if is_replaced and not seen:
        replaced = next(one for one in changes if one.replacement.impact in (Impact.REPLACE, Impact.MAY_REPLACE))
        verb = "is" if replaced.replacement.impact is Impact.REPLACE else "may be"
        because = replaced.replacement.because_of
        notes = [f"{verb} replaced ({', '.join(because) or ', '.join(replaced.replacement.causes)})", *notes]
    if renamed_here and not seen:
        notes = [f"has another logical id, and is created anew (was {changes[0].old_id})", *notes]
    if notes:
        yield _line(changes[0], stack, f"{new.type}: {', '.join(notes)}", pair)


def _policy_properties(pair: Pair) -> set[str]:
    """The properties that hold policies, whose grants are compared instead."""
    return {
        name
        for one in (pair.old, pair.new)
        if one
        for name, value in one.properties.items()
        if is_only_policy(one) or any(map(is_policy, dictionaries(value))) or name == "ManagedPolicyArns"
    }


def _same_by_default(name: str, old: Resource, new: Resource) -> bool:
    """Whether a value differs only by where it comes from: a parameter, whose default it is."""
    before, after = old.properties.get(name), new.properties.get(name)
    return parameters_in(before) != parameters_in(after) and key_of(with_defaults(before)) == key_of(
        with_defaults(after)
    )


def _parameter(change: Change, stack: str, names: tuple[str, ...], old: Resource, new: Resource) -> Iterator[Finding]:
    top, path = names[0], ".".join(names)
    before, after = old.properties.get(top), new.properties.get(top)
    parameters = ", ".join(sorted(parameters_in(before) ^ parameters_in(after)))
    what = f"{path} comes from another place (parameter {parameters}), and is the same with the parameter's default"
    classes = [rule.class_ for rule in RULES if top in rule.reads and (not rule.types or new.type in rule.types)]
    if classes:
        aspect = _ASPECTS[min(classes, key=lambda one: one.value)]
        yield _row(rows.PARAMETER_DECIDES, change, stack, what, old=before, new=after, place=path, aspect=aspect)
    else:
        yield _line(change, stack, f"{new.type}: {what}", Pair(old, new), place=path)


def _described_path(names: tuple[str, ...], old: Resource, new: Resource) -> str:
    path = ".".join(names)
    if path.endswith("ZipFile"):
        return f"{path} (code, which is not compared)"
    if _SECRET.search(path):
        return path
    sides = []
    for resource in (old, new):
        value: Value = resource.properties
        for name in names:
            if isinstance(value, list):
                # Which of the items it is, a path does not say.
                return path
            value = value.get(name) if isinstance(value, dict) else None
        sides.append(_short(value))
    return f"{path} ({sides[0]} → {sides[1]})" if all(sides) else path


def _short(value: Value) -> str:
    if value is None:
        return "not set"
    text = shown(value) if isinstance(value, (str, dict)) else ""
    return text if len(text) <= 60 and "\n" not in text else ""


def _line(change: Change, stack: str, what: str, pair: Pair, place: str = "") -> Finding:
    return _row(rows.OTHER, change, stack, what, old=_whole(pair.old), new=_whole(pair.new), place=place)


def _whole(resource: Resource | None) -> Value:
    if resource is None:
        return None
    return {
        "Type": resource.type,
        "Properties": resource.properties,
        "DependsOn": list(resource.depends_on),
        "DeletionPolicy": resource.deletion_policy,
        "UpdateReplacePolicy": resource.update_replace_policy,
        "Attributes": resource.attributes,
    }


def _row(
    row: rows.Row,
    change: Change,
    stack: str,
    what: str,
    *,
    old: Value,
    new: Value,
    place: str = "",
    why: str = "",
    todo: str = "",
    aspect: Aspect | None = None,
) -> Finding:
    return row.finding(
        stack,
        what,
        resource=change.resource.logical_id,
        type_name=change.resource.type,
        path=change.resource.path,
        place=place,
        old=old,
        new=new,
        why=why,
        todo=todo,
        aspect=aspect,
        branch="" if row is rows.OTHER else change.branch,
    )


def _other_section(name: str, old: Value, new: Value, context: Context) -> Iterator[Finding]:
    is_computed = name in _MACROS or name.startswith("Resources.Fn::")
    if is_computed and old == new and not _differ(context):
        return
    row = rows.MACRO_NOT_EXPANDED if is_computed else rows.OTHER
    what = f"{name} is not expanded here" if is_computed else f"{name} has changed"
    yield row.finding(context.new.stack, what, place=name, old=old, new=new)


def _differ(context: Context) -> bool:
    return context.old.resources != context.new.resources or context.old.others != context.new.others
