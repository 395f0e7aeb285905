"""The rules about more than one resource: permissions, outputs, whole stacks, and what cannot be known."""

from __future__ import annotations

from dataclasses import dataclass

from connect_constructs._review.expressions import Value
from connect_constructs._review.findings import Aspect, Class, Finding

_READ = "Read the difference of the templates."
_NOT_PROVED = "The templates do not prove that nothing more is allowed."
_TELL = "Tell those who use it."


@dataclass(frozen=True)
class Row:
    """One rule: its class, why it matters and what to do, unless the finding says it more precisely."""

    id: str
    class_: Class
    why: str = ""
    todo: str = ""
    aspect: Aspect | None = None

    def finding(
        self,
        stack: str,
        what: str,
        *,
        resource: str = "",
        type_name: str = "",
        path: str = "",
        place: str = "",
        old: Value = None,
        new: Value = None,
        why: str = "",
        todo: str = "",
        aspect: Aspect | None = None,
        branch: str = "",
        related: tuple[str, ...] = (),
    ) -> Finding:
        """The finding that it applies."""
        return Finding(
            rule=self.id,
            class_=self.class_,
            stack=stack,
            resource=resource,
            type=type_name,
            path=path,
            place=place,
            old=old,
            new=new,
            what=what,
            why=why or self.why,
            todo=todo or self.todo,
            aspect=aspect or self.aspect,
            branch=branch,
            related=related,
        )


TRUST_OPENED = Row(
    "trust-opened",
    Class.EXPOSURE,
    "Anyone who assumes the role has all of its permissions.",
    "Name the principals that need it, or limit them by a condition.",
)
RESOURCE_POLICY_OPENED = Row(
    "resource-policy-opened",
    Class.EXPOSURE,
    "They need no permission in this account.",
    "Name the principals that need it, or limit them by a condition such as aws:SourceArn.",
)
NEW_IDENTITY = Row(
    "permission-new-identity",
    Class.PERMISSIONS,
    "Whatever runs as this identity can do all of this.",
    "Check that it needs all of it.",
)
PERMISSION_WIDENED = Row(
    "permission-widened",
    Class.PERMISSIONS,
    "No earlier permission covers this.",
    "Check that it needs all of it.",
)
DENY_REMOVED = Row(
    "deny-removed",
    Class.PERMISSIONS,
    "It no longer limits what other policies allow.",
    "Keep the statement, or say why it is not needed.",
)
TLS_NOT_REQUIRED = Row(
    "tls-not-required",
    Class.PROTECTION,
    "Data can be read in transit.",
    "Keep the statement (in CDK: enforce_ssl).",
)
PERMISSION_UNKNOWN = Row("permission-unknown", Class.UNKNOWN, _NOT_PROVED, _READ, Aspect.PERMISSION)
PRINCIPAL_UNKNOWN = Row("principal-unknown", Class.UNKNOWN, _NOT_PROVED, _READ, Aspect.EXPOSURE)
POLICY_UNREADABLE = Row("policy-unreadable", Class.UNKNOWN, "It may allow more.", _READ, Aspect.PERMISSION)
PERMISSION_NARROWED = Row(
    "permission-narrowed",
    Class.NARROWED,
    "Whatever uses the permission will fail.",
    "Make sure that nothing uses it.",
)
OUTPUT_CHANGED = Row("output-changed", Class.IDENTITY, "Scripts, people and other stacks may read it.", _TELL)
EXPORT_REMOVED = Row(
    "export-removed",
    Class.IDENTITY,
    "The deployment fails if another stack imports it.",
    "Make sure that no stack imports it (aws cloudformation list-imports).",
)
EXPORT_IN_USE = Row(
    "export-in-use",
    Class.DEPLOYMENT,
    "A stack of this app still imports it, and CloudFormation does not remove an export that is imported.",
    "Deploy the importing stack first, without the import (CDK's export_value keeps the export).",
)
TYPE_UNKNOWN = Row("type-unknown", Class.UNKNOWN, aspect=Aspect.CREATE_ONLY)
PARAMETER_DECIDES = Row(
    "parameter-decides",
    Class.UNKNOWN,
    "Its value is set at deployment.",
    "Check the parameter's value in each deployment.",
)
TOO_MANY_CONDITIONS = Row(
    "too-many-conditions",
    Class.UNKNOWN,
    "It may be replaced, or be open to others, under some of them.",
    _READ,
    Aspect.CREATE_ONLY,
)
MACRO_NOT_EXPANDED = Row(
    "macro-not-expanded",
    Class.UNKNOWN,
    "CloudFormation makes other resources of the template than those that it shows.",
    _READ,
    Aspect.CREATE_ONLY,
)
NESTED_STACK_NOT_FOUND = Row(
    "nested-stack-not-found",
    Class.UNKNOWN,
    "Anything in it may have changed.",
    "Review the cloud assembly (cdk.out), or templates from normalised_template, which have it in them.",
    Aspect.CREATE_ONLY,
)
STACK_MISSING = Row(
    "stack-missing",
    Class.OTHER,
    "Its resources go on running, and costing, outside of the app.",
    "Run `cdk destroy` for it, or keep it in the app.",
)
STACK_ADDED = Row("stack-added", Class.OTHER)
OTHER = Row("other", Class.OTHER)

ROWS = (
    TRUST_OPENED,
    RESOURCE_POLICY_OPENED,
    NEW_IDENTITY,
    PERMISSION_WIDENED,
    DENY_REMOVED,
    TLS_NOT_REQUIRED,
    PERMISSION_UNKNOWN,
    PRINCIPAL_UNKNOWN,
    POLICY_UNREADABLE,
    PERMISSION_NARROWED,
    OUTPUT_CHANGED,
    EXPORT_REMOVED,
    EXPORT_IN_USE,
    TYPE_UNKNOWN,
    PARAMETER_DECIDES,
    TOO_MANY_CONDITIONS,
    MACRO_NOT_EXPANDED,
    NESTED_STACK_NOT_FOUND,
    STACK_MISSING,
    STACK_ADDED,
    OTHER,
)
