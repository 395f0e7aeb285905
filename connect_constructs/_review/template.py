"""A canonical template."""

from __future__ import annotations

from dataclasses import dataclass, field

from connect_constructs._review.expressions import Value


@dataclass(frozen=True)
class Resource:
    """A resource, with its values in canonical form."""

    logical_id: str
    type: str
    properties: dict[str, Value]
    # None where the resource has no condition.
    condition: Value | None = None
    # As the template has them; None where it has none.
    deletion_policy: str | None = None
    update_replace_policy: str | None = None
    depends_on: tuple[str, ...] = ()
    # CreationPolicy, UpdatePolicy, and the metadata that is not CDK's.
    attributes: dict[str, Value] = field(default_factory=dict)
    # Where CDK defined it, as in Stack/Api/Function; empty where the template does not say.
    path: str = ""


@dataclass(frozen=True)
class Output:
    """An output of a stack."""

    name: str
    value: Value
    export: Value | None
    condition: Value | None


@dataclass(frozen=True)
class Template:
    """A stack's template."""

    stack: str
    resources: dict[str, Resource]
    outputs: dict[str, Output]
    # The conditions' names, by `key_of` the expression that each stands for.
    condition_names: dict[str, str]
    # What else the template has: macros, rules, loops, by name.
    others: dict[str, Value]
    # The account and the Region that the stack is deployed to; empty where that is not known.
    account: str = ""
    region: str = ""
