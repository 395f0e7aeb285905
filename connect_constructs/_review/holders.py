"""Who has which permissions in a template: the policies of each identity and of each resource together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connect_constructs._review.conditions import conjunction, is_if
from connect_constructs._review.expressions import Value, dictionaries, is_expression, is_policy, key_of, references_in
from connect_constructs._review.template import Resource, Template

IDENTITY, TRUST, RESOURCE = "identity", "trust", "resource"

_IDENTITIES = {"AWS::IAM::Role": "Roles", "AWS::IAM::User": "Users", "AWS::IAM::Group": "Groups"}
_NAMES = {"AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName", "AWS::IAM::Group": "GroupName"}
# A policy of its own, attached to identities.
_ATTACHED = {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
_ONE_IDENTITY = {
    "AWS::IAM::RolePolicy": "RoleName",
    "AWS::IAM::UserPolicy": "UserName",
    "AWS::IAM::GroupPolicy": "GroupName",
}
# The policy of another resource: the property that names it (one or a list).
_POLICIES_OF_RESOURCES = {
    "AWS::ECR::RegistryPolicy": "",
    "AWS::Events::EventBusPolicy": "EventBusName",
    "AWS::Kinesis::ResourcePolicy": "ResourceArn",
    "AWS::Lambda::ResourcePolicy": "ResourceArn",
    "AWS::Logs::ResourcePolicy": "PolicyName",
    "AWS::S3::AccessPoint": "Name",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicInlinePolicy": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueueInlinePolicy": "Queue",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
}
# Policies that a template may have as text.
_POLICY_TEXTS = {
    "AWS::ECR::Repository": ("RepositoryPolicyText",),
    "AWS::Logs::Destination": ("DestinationPolicy",),
    "AWS::SSO::PermissionSet": ("InlinePolicy",),
    "AWS::Transfer::User": ("Policy",),
}
_TEXTS = {"PolicyDocument", "ResourcePolicy", "Policy", *(name for names in _POLICY_TEXTS.values() for name in names)}
_PERMISSIONS = {"AWS::Lambda::Permission": "FunctionName", "AWS::Lambda::LayerVersionPermission": "LayerVersionArn"}


@dataclass
class Holder:
    """An identity or a resource, with all that allows it, or others on it, something."""

    kind: str
    # The same in both templates.
    key: str
    # The resource in the template, or None for one outside of it.
    resource: Resource | None
    # Each policy document with the condition under which it is there.
    documents: list[tuple[Value | None, Value]] = field(default_factory=list)
    # Lambda's permissions, likewise.
    permissions: list[tuple[Value | None, dict[str, Value]]] = field(default_factory=list)
    # The ARNs of managed policies that are not in the template.
    managed: list[tuple[Value | None, Value]] = field(default_factory=list)
    # The logical ids of the resources that the documents are of.
    sources: set[str] = field(default_factory=set)

    def conditions(self) -> Iterator[Value]:
        """The conditions of its documents."""
        for part in (self.documents, self.permissions, self.managed):
            for condition, _ in part:
                if condition is not None:
                    yield condition


def is_only_policy(resource: Resource) -> bool:
    """Whether the resource is nothing but permissions of others."""
    return resource.type in {*_ATTACHED, *_ONE_IDENTITY, *_PERMISSIONS} or (
        resource.type in _POLICIES_OF_RESOURCES and resource.type != "AWS::S3::AccessPoint"
    )


def holders(template: Template) -> dict[tuple[str, str], Holder]:
    """The holders of the template, by kind and key."""
    return _Collector(template).collected()


class _Collector:
    def __init__(self, template: Template) -> None:
        self._template = template
        self._found: dict[tuple[str, str], Holder] = {}
        self._by_name = {
            key_of(resource.properties[name]): resource.logical_id
            for resource in template.resources.values()
            if (name := _NAMES.get(resource.type)) and name in resource.properties
        }

    def collected(self) -> dict[tuple[str, str], Holder]:
        for resource in self._template.resources.values():
            if resource.type in _IDENTITIES:
                self._identity(resource)
            elif resource.type in _ATTACHED:
                self._attached(resource)
            elif resource.type in _ONE_IDENTITY:
                holder = self._holder(IDENTITY, resource.properties.get(_ONE_IDENTITY[resource.type]))
                self._add(holder, resource, resource.properties.get("PolicyDocument"))
            elif resource.type in _PERMISSIONS:
                target = resource.properties.get(_PERMISSIONS[resource.type])
                holder = self._holder(RESOURCE, target)
                holder.permissions.append((resource.condition, resource.properties))
                holder.sources.add(resource.logical_id)
            else:
                self._of_resource(resource)
        return self._found

    def _identity(self, resource: Resource) -> None:
        holder = self._holder(IDENTITY, {"Ref": resource.logical_id})
        holder.sources.add(resource.logical_id)
        for policy in _listed(resource.properties.get("Policies")):
            document = policy.get("PolicyDocument") if isinstance(policy, dict) else policy
            if is_if(policy):
                document = _documents_in_branches(policy)
            self._add(holder, resource, document)
        for arn in _listed(resource.properties.get("ManagedPolicyArns")):
            # One that is in the template is attached from there.
            if not self._in_template(arn):
                holder.managed.append((resource.condition, arn))
        if resource.type == "AWS::IAM::Role":
            trust = self._holder(TRUST, {"Ref": resource.logical_id})
            self._add(trust, resource, resource.properties.get("AssumeRolePolicyDocument"))

    def _attached(self, resource: Resource) -> None:
        to: list[tuple[Value | None, Value]] = []
        for name in _IDENTITIES.values():
            to += [(resource.condition, one) for one in _listed(resource.properties.get(name))]
        for other in self._template.resources.values():
            if other.type in _IDENTITIES:
                for arn in _listed(other.properties.get("ManagedPolicyArns")):
                    if resource.logical_id in references_in(arn):
                        guards = [one for one in (resource.condition, other.condition) if one is not None]
                        to.append((conjunction(guards) if guards else None, {"Ref": other.logical_id}))
        # One that nobody in the template has is for whoever attaches it.
        for condition, identity in to or [(resource.condition, {"Ref": resource.logical_id})]:
            self._add(self._holder(IDENTITY, identity), resource, resource.properties.get("PolicyDocument"), condition)

    def _of_resource(self, resource: Resource) -> None:
        if resource.type in _POLICIES_OF_RESOURCES:
            name = _POLICIES_OF_RESOURCES[resource.type]
            targets = _listed(resource.properties.get(name)) if name else []
            targets = targets or [{"Ref": resource.logical_id}]
        elif any(map(is_policy, dictionaries(resource.properties))) or (
            # Computed text cannot be read.
            any(is_expression(resource.properties.get(name)) for name in _POLICY_TEXTS.get(resource.type, ()))
        ):
            targets = [{"Ref": resource.logical_id}]
        else:
            return
        for target in targets:
            holder = self._holder(RESOURCE, target)
            for document in _documents(resource):
                self._add(holder, resource, document)

    def _add(self, holder: Holder, resource: Resource, document: Value, condition: Value | None = None) -> None:
        if document is not None:
            holder.documents.append((resource.condition if condition is None else condition, document))
            holder.sources.add(resource.logical_id)

    def _holder(self, kind: str, target: Value) -> Holder:
        """The holder that `target` refers to, by Ref, by an attribute, or by name."""
        referred = sorted(references_in(target))
        name = self._by_name.get(key_of(target)) if kind != RESOURCE else None
        logical_id = name or (referred[0] if len(referred) == 1 else None)
        key = logical_id or key_of(target)
        if (kind, key) not in self._found:
            resource = self._template.resources.get(logical_id) if logical_id else None
            self._found[kind, key] = Holder(kind, key, resource)
        return self._found[kind, key]

    def _in_template(self, arn: Value) -> bool:
        return any(
            self._template.resources[one].type == "AWS::IAM::ManagedPolicy"
            for one in references_in(arn)
            if one in self._template.resources
        )


def _listed(value: Value) -> list[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _documents(resource: Resource) -> Iterator[Value]:
    """The policy documents in a resource's properties, each with the Fn::If around it."""
    if resource.type == "AWS::Events::EventBusPolicy":
        yield _event_bus_policy(resource.properties)
        return
    for name, content in resource.properties.items():
        if any(map(is_policy, dictionaries(content))):
            yield from _documents_in(content)
        elif name in _TEXTS and (is_expression(content) or not isinstance(content, dict)):
            # Text, or computed: it cannot be read.
            yield content


def _event_bus_policy(properties: dict[str, Value]) -> Value:
    """A policy of an event bus as a document: it is one statement, or the parts of one."""
    statement = properties.get("Statement")
    if statement is None:
        principal, test = properties.get("Principal", "*"), properties.get("Condition")
        statement = {"Effect": "Allow", "Action": properties.get("Action", "*"), "Principal": {"AWS": principal}}
        if isinstance(test, dict) and {"Type", "Key", "Value"} <= test.keys():
            statement["Condition"] = {test["Type"]: {test["Key"]: test["Value"]}}
    return {"Version": "2012-10-17", "Statement": statement if isinstance(statement, list) else [statement]}


def _documents_in(value: Value) -> Iterator[Value]:
    if isinstance(value, dict):
        if is_policy(value) or (is_if(value) and any(map(is_policy, dictionaries(value)))):
            yield value
        else:
            for item in value.values():
                yield from _documents_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _documents_in(item)


def _documents_in_branches(policy: dict[str, Value]) -> Value:
    """`Fn::If` over inline policies as one over their documents."""
    condition, *branches = policy["Fn::If"]
    documents = []
    for branch in branches:
        if is_if(branch):
            documents.append(_documents_in_branches(branch))
        else:
            documents.append(branch.get("PolicyDocument", branch) if isinstance(branch, dict) else branch)
    return {"Fn::If": [condition, *documents]}
