"""The canonical form of a template: what means the same is the same.

Numbers and booleans are text, as CloudFormation takes them. Fn::Join and Fn::Sub become one expression, and text where
nothing is left to compute. A reference to a parameter carries the parameter's default, one to a mapping the mapping,
and Fn::If the whole condition: if one of those changes, everything that uses it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from connect_constructs._review.conditions import conjunction, disjunction, equality, negation
from connect_constructs._review.errors import InputError
from connect_constructs._review.expressions import (
    NO_VALUE,
    OWN_FUNCTIONS,
    Value,
    concat,
    dictionaries,
    is_expression,
    is_policy,
    key_of,
)
from connect_constructs._review.hashes import stable_ids, without_hash
from connect_constructs._review.template import Output, Resource, Template

_SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
# What CDK adds to each template for itself.
_BOILERPLATE = {
    "Conditions": "CDKMetadataAvailable",
    "Parameters": "BootstrapVersion",
    "Resources": "CDKMetadata",
    "Rules": "CheckBootstrapVersion",
}
_SECTIONS = {"Resources", "Parameters", "Mappings", "Conditions", "Outputs"}
# They say nothing about what is deployed.
_IGNORED_SECTIONS = {"AWSTemplateFormatVersion", "Description", "Metadata"}
_IGNORED_METADATA = re.compile(r"aws:|cdk_nag$|guard$")
_MOST_CONDITIONS = 1_000
# In an element of a policy, a text and a list of that one text are the same, and the order is of no meaning.
_STATEMENT_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_UNORDERED = {"ManagedPolicyArns"}


def canonical(
    template: Mapping[str, Any],
    stack: str,
    *,
    asset_hashes: Collection[str] = (),
    account: str = "",
    region: str = "",
    paths: Mapping[str, str] | None = None,
    arguments: Mapping[str, Value] | None = None,
) -> Template:
    """The canonical form of the template of `stack`.

    :param asset_hashes: The hashes that the cloud assembly lists.
    :param paths: The constructs' paths by logical id, where the template's metadata lacks them.
    :param arguments: For a nested stack the parent's values for its parameters, in canonical form.
    :raises InputError: if it is no template.
    """
    return _Reader(template, stack, asset_hashes, account, region, paths or {}, arguments or {}).template()


class _Reader:
    def __init__(
        self,
        template: Mapping[str, Any],
        stack: str,
        asset_hashes: Collection[str],
        account: str,
        region: str,
        paths: Mapping[str, str],
        arguments: Mapping[str, Value],
    ) -> None:
        self._stack = stack
        self._asset_hashes = asset_hashes
        self._account, self._region = account, region
        self._arguments = arguments
        self._paths = paths
        self._sections: dict[str, dict[str, Any]] = {name: self._section(template, name) for name in _SECTIONS}
        self._others = {
            name: content for name, content in template.items() if name not in _SECTIONS | _IGNORED_SECTIONS
        }
        self._stable_ids = stable_ids(self._sections["Resources"])
        self._conditions: dict[str, Value] = {}
        # Of how many conditions each is made, those counted again that it refers to again.
        self._sizes: dict[str, int] = {}

    def _section(self, template: Mapping[str, Any], name: str) -> dict[str, Any]:
        section = template.get(name)
        section = {} if section is None else section
        if not isinstance(section, dict):
            raise InputError(f"{self._stack}: expected {name} to be an object, got {_kind(section)}")
        return {key: content for key, content in section.items() if key != _BOILERPLATE.get(name)}

    def template(self) -> Template:
        resources, loops = {}, {}
        for logical_id, resource in self._sections["Resources"].items():
            if logical_id.startswith("Fn::"):
                loops[f"Resources.{logical_id}"] = self._value(resource)
            else:
                path = self._paths.get(logical_id, "")
                read = self._resource(self._stable_ids.get(logical_id, logical_id), resource, path)
                resources[read.logical_id] = read
        others = {
            name: self._value(content)
            for name, content in self._others.items()
            if not (name == "Rules" and isinstance(content, dict) and set(content) <= {_BOILERPLATE["Rules"]})
        }
        names = {key_of(self._condition(name)): name for name in sorted(self._sections["Conditions"], reverse=True)}
        return Template(
            self._stack, resources, self._outputs(), names, {**others, **loops}, self._account, self._region
        )

    def _resource(self, logical_id: str, resource: Any, path: str) -> Resource:
        if not (isinstance(resource, dict) and isinstance(resource.get("Type"), str)):
            raise InputError(f"{self._stack}: expected the resource {logical_id} to be an object with a Type")
        properties = {} if resource.get("Properties") is None else resource["Properties"]
        metadata = {} if resource.get("Metadata") is None else resource["Metadata"]
        for name, content in (("Properties", properties), ("Metadata", metadata)):
            if not isinstance(content, dict):
                raise InputError(f"{self._stack}: expected {name} of {logical_id} to be an object")
        read = self._value(properties)
        depends_on = resource.get("DependsOn") or []
        kept = ("CreationPolicy", "UpdatePolicy")
        attributes = {name: self._value(resource[name]) for name in kept if name in resource}
        own_metadata = {key: content for key, content in metadata.items() if not _IGNORED_METADATA.match(key)}
        if own_metadata:
            attributes["Metadata"] = self._value(own_metadata)
        condition = resource.get("Condition")
        return Resource(
            logical_id=logical_id,
            type=resource["Type"],
            # As a whole they can be computed by a macro only.
            properties=_ordered(read) if isinstance(read, dict) and not is_expression(read) else {"Properties": read},
            condition=None if condition is None else self._condition(str(condition)),
            deletion_policy=_text(resource.get("DeletionPolicy")),
            update_replace_policy=_text(resource.get("UpdateReplacePolicy")),
            depends_on=tuple(
                sorted(
                    self._stable_ids.get(str(one), str(one))
                    for one in (depends_on if isinstance(depends_on, list) else [depends_on])
                )
            ),
            attributes=attributes,
            path=str(metadata.get("aws:cdk:path", path)).removesuffix("/Resource"),
        )

    def _outputs(self) -> dict[str, Output]:
        outputs = {}
        for name, output in self._sections["Outputs"].items():
            if name.startswith("Fn::"):
                continue
            if not isinstance(output, dict):
                raise InputError(f"{self._stack}: expected the output {name} to be an object")
            export = output.get("Export")
            condition = output.get("Condition")
            outputs[name] = Output(
                name,
                self._value(output.get("Value", "")),
                self._value(export["Name"]) if isinstance(export, dict) and "Name" in export else None,
                None if condition is None else self._condition(str(condition)),
            )
        return outputs

    def _value(self, value: Any, key: str = "") -> Value:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(int(value)) if value == value and abs(value) < 1e15 and value == int(value) else str(value)
        if isinstance(value, str):
            return self._policy_text(value) or without_hash(value, key, self._asset_hashes)
        if isinstance(value, list):
            return [item for item in (self._value(item, key) for item in value) if item != NO_VALUE]
        if isinstance(value, dict):
            if OWN_FUNCTIONS & value.keys():
                # They are ours: CloudFormation has no such functions, and refuses the template.
                value = {f"{name} " if name in OWN_FUNCTIONS else name: item for name, item in value.items()}
            if is_expression(value):
                ((name, argument),) = value.items()
                return self._expression(name, argument, key)
            inner = {name: self._value(item, name) for name, item in value.items()}
            inner = {name: item for name, item in inner.items() if item != NO_VALUE}
            return canonical_policy(inner) if is_policy(inner) else inner
        return value

    def _policy_text(self, text: str) -> Value | None:
        """The policy document that the text is; None for other text."""
        if not text.lstrip().startswith("{") or '"Statement"' not in text:
            return None
        try:
            document = json.loads(text)
        except ValueError:
            return None
        return self._value(document) if is_policy(document) else None

    def _expression(self, name: str, argument: Any, key: str) -> Value:
        if name == "Ref":
            return self._ref(str(argument))
        if name == "Fn::GetAtt":
            return self._attribute(argument)
        if name == "Fn::Sub":
            return self._sub(argument, key)
        if name == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
            then, other = self._value(argument[1], key), self._value(argument[2], key)
            condition = self._condition(str(argument[0]))
            if isinstance(condition, bool):
                return then if condition else other
            return then if then == other else {"Fn::If": [condition, then, other]}
        values = self._value(argument, key)
        simplified = self._simplified(name, values)
        return {name: values} if simplified is None else simplified

    def _simplified(self, name: str, values: Value) -> Value | None:
        """What the function gives, where that is known without deploying."""
        if not isinstance(values, list):
            return None
        if name == "Fn::Join" and len(values) == 2 and isinstance(values[0], str) and isinstance(values[1], list):
            # A branch without a value would take a delimiter with it.
            if values[0] and '"AWS::NoValue"' in key_of(values[1]):
                return None
            parts: list[Value] = []
            for item in values[1]:
                parts += [values[0], item] if parts else [item]
            return concat(parts)
        if name == "Fn::Split" and len(values) == 2 and all(isinstance(one, str) and one for one in values):
            return str(values[1]).split(values[0])
        if name == "Fn::Select" and len(values) == 2 and str(values[0]).isdecimal() and isinstance(values[1], list):
            return values[1][int(values[0])] if int(values[0]) < len(values[1]) else None
        if name == "Fn::FindInMap":
            return self._find_in_map(values)
        return None

    def _find_in_map(self, values: list[Value]) -> Value | None:
        mapping = self._sections["Mappings"].get(values[0]) if values and isinstance(values[0], str) else None
        if mapping is None:
            return None
        found = mapping
        for one in values[1:3]:
            if isinstance(one, str) and isinstance(found, dict) and one in found:
                found = found[one]
            else:
                # The mapping is part of the expression, so that its change is a change here.
                return {"Fn::FindInMap": [*values, {"Mapping": self._value(mapping)}]}
        return self._value(found)

    def _ref(self, name: str) -> Value:
        if name == "AWS::Region" and self._region:
            return self._region
        if name == "AWS::AccountId" and self._account:
            return self._account
        if name in self._sections["Parameters"]:
            parameter = self._sections["Parameters"][name]
            shown = without_hash(name, "", self._asset_hashes)
            if name in self._arguments:
                return {"Fn::Parameter": [shown, "", [self._arguments[name]]]}
            if not isinstance(parameter, dict):
                return {"Fn::Parameter": [shown, "", []]}
            default = [self._value(parameter["Default"])] if "Default" in parameter else []
            return {"Fn::Parameter": [shown, str(parameter.get("Type")), default]}
        return {"Ref": self._stable_ids.get(name, name)}

    def _attribute(self, argument: Any) -> Value:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not (isinstance(parts, list) and parts and all(isinstance(part, str) for part in parts)):
            return {"Fn::GetAtt": self._value(argument)}
        return {"Fn::GetAtt": [self._stable_ids.get(parts[0], parts[0]), ".".join(parts[1:])]}

    def _sub(self, argument: Any, key: str) -> Value:
        text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not (isinstance(text, str) and isinstance(variables, dict)):
            return {"Fn::Sub": self._value(argument)}
        text = without_hash(text, key, self._asset_hashes)
        parts: list[Value] = []
        end = 0
        for match in _SUB_VARIABLE.finditer(text):
            parts.append(text[end : match.start()])
            end = match.end()
            literal, name = match.groups()
            if literal:
                parts.append("${" + name + "}")
            elif name in variables:
                parts.append(self._value(variables[name], key))
            elif "." in name:
                parts.append(self._attribute(name.strip()))
            else:
                parts.append(self._ref(name.strip()))
        return concat([*parts, text[end:]])

    def _condition(self, name: str) -> Value:
        """The whole expression of the condition: True, False, or what it depends on."""
        if name not in self._conditions:
            # Until it is known, it stands for itself: a condition that refers to itself does not go on for ever.
            self._conditions[name] = {"Fn::Equals": [{"Ref": f"condition {name}"}, "true"]}
            if name in self._sections["Conditions"]:
                content = self._sections["Conditions"][name]
                self._conditions[name] = self._boolean(content)
                self._sizes[name] = 1 + sum(
                    self._sizes.get(str(item["Condition"]), 0) for item in dictionaries(content) if "Condition" in item
                )
                if self._sizes[name] > _MOST_CONDITIONS:
                    raise InputError(f"{self._stack}: the condition {name} is made of too many others")
        return self._conditions[name]

    def _boolean(self, expression: Any) -> Value:
        if isinstance(expression, dict) and len(expression) == 1:
            ((name, argument),) = expression.items()
            if name == "Condition":
                return self._condition(str(argument))
            if name == "Fn::Not" and isinstance(argument, list) and len(argument) == 1:
                return negation(self._boolean(argument[0]))
            if name in {"Fn::And", "Fn::Or"} and isinstance(argument, list):
                join = conjunction if name == "Fn::And" else disjunction
                return join([self._boolean(one) for one in argument])
            if name == "Fn::Equals" and isinstance(argument, list) and len(argument) == 2:
                return equality(self._value(argument[0]), self._value(argument[1]))
        return {"Fn::Equals": [self._value(expression), "true"]}


def canonical_policy(document: dict[str, Value]) -> dict[str, Value]:
    """A policy document whose statements, and lists in them, are in one order; Sids are of no effect and go."""
    statements = document["Statement"]
    if is_expression(statements):
        return document
    statements = statements if isinstance(statements, list) else [statements]
    return {
        **document,
        "Statement": sorted((_canonical_statement(statement) for statement in statements), key=key_of),
    }


def _canonical_statement(statement: Value) -> Value:
    if not isinstance(statement, dict) or is_expression(statement):
        return statement
    read = {name: content for name, content in statement.items() if name != "Sid"}
    for name in _STATEMENT_LISTS:
        if name in read:
            read[name] = _as_set(read[name])
    for name in ("Principal", "NotPrincipal"):
        if name in read:
            read[name] = _principal(read[name])
    if isinstance(read.get("Condition"), dict) and not is_expression(read["Condition"]):
        read["Condition"] = {
            operator: {key: _as_set(item) for key, item in keys.items()}
            if isinstance(keys, dict) and not is_expression(keys)
            else keys
            for operator, keys in read["Condition"].items()
        }
    return read


def _principal(value: Value) -> Value:
    if value == "*":
        return {"AWS": ["*"]}
    if isinstance(value, dict) and not is_expression(value):
        return {kind: _as_set(content) for kind, content in value.items()}
    return value


def _as_set(value: Value) -> Value:
    if isinstance(value, list):
        return [json.loads(one) for one in sorted({key_of(item) for item in value})]
    return [value]


def _ordered(properties: dict[str, Value]) -> dict[str, Value]:
    """The lists whose order has no meaning, in one order: attached policies, inline policies, tags."""
    read = dict(properties)
    for name, content in properties.items():
        if isinstance(content, list) and (
            name in _UNORDERED
            or all(isinstance(item, dict) and {"PolicyName", "PolicyDocument"} <= item.keys() for item in content)
            or (name == "Tags" and all(isinstance(item, dict) and "Key" in item for item in content))
        ):
            read[name] = sorted(content, key=key_of)
    return read


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _kind(value: Any) -> str:
    return {list: "a list", str: "text", bool: "a boolean"}.get(type(value), "a number")
