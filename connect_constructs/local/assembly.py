"""A synthesised CDK app: its stacks and their templates, and what has to go from them for the emulator."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUB_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")


@dataclass(frozen=True)
class StackArtifact:
    """One stack of the assembly."""

    name: str
    template_file: Path
    # None for a stack that goes wherever the credentials point.
    account: str | None
    region: str | None


def stacks(directory: Path) -> list[StackArtifact]:
    """The stacks of the assembly in `directory`, those of its stages included."""
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    found: list[StackArtifact] = []
    for name, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "aws:cloudformation:stack":
            account, _, region = artifact["environment"].removeprefix("aws://").partition("/")
            found.append(
                StackArtifact(
                    name=properties.get("stackName", name),
                    template_file=directory / properties["templateFile"],
                    account=None if account == "unknown-account" else account,
                    region=None if region == "unknown-region" else region,
                )
            )
        elif artifact["type"] == "cdk:cloud-assembly":
            found += stacks(directory / properties["directoryName"])
    return found


def template_files(template_file: Path) -> list[Path]:
    """`template_file` and those of the stacks nested in its stack, outermost first."""
    files = [template_file]
    for nested_file in nested_template_files(template_file).values():
        files += template_files(nested_file)
    return files


def nested_template_files(template_file: Path) -> dict[str, Path]:
    """The templates of the stacks nested directly in the stack of `template_file`, by logical id."""
    template = json.loads(template_file.read_text(encoding="utf-8"))
    return {
        # CDK notes the nested template's file there.
        logical_id: template_file.parent / item["Metadata"]["aws:asset:path"]
        for logical_id, item in template.get("Resources", {}).items()
        if item["Type"] == "AWS::CloudFormation::Stack" and "aws:asset:path" in item.get("Metadata", {})
    }


def without_types(
    template: dict[str, Any], types: Collection[str], *, region: str, account: str, nested: bool = False
) -> dict[str, Any]:
    """`template` without resources of `types`. What referred to one gets a text in its place.

    Outputs of one go, unless the stack is nested: there the outer stack may refer to them.
    """
    gone = {name: item["Type"] for name, item in template["Resources"].items() if item["Type"] in types}

    def text(name: str, attribute: str) -> str:
        if gone[name] == "AWS::Connect::Instance":
            # Whoever makes an instance wants to update its contacts: the in-memory Amazon Connect has it.
            instance_id = uuid.uuid5(uuid.NAMESPACE_OID, name)
            return (
                str(instance_id) if attribute == "Id" else f"arn:aws:connect:{region}:{account}:instance/{instance_id}"
            )
        return f"{name}.{attribute}" if attribute else name

    def replace(value: Any) -> Any:
        if isinstance(value, list):
            return [replace(item) for item in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Ref": str(name)} if name in gone:
                return text(name, "")
            case {"Fn::GetAtt": [str(name), str(attribute)]} if name in gone:
                return text(name, attribute)
            case {"Fn::Sub": str(pattern)}:
                return {
                    "Fn::Sub": _SUB_REFERENCE.sub(
                        lambda found: text(found[1], found[2] or "") if found[1] in gone else found[0], pattern
                    )
                }
        return {key: replace(item) for key, item in value.items()}

    resources = {}
    for name, item in template["Resources"].items():
        if name in gone:
            continue
        resources[name] = replace({key: part for key, part in item.items() if key != "DependsOn"})
        wanted = item.get("DependsOn", [])
        depends_on = [other for other in ([wanted] if isinstance(wanted, str) else wanted) if other not in gone]
        if depends_on:
            resources[name]["DependsOn"] = depends_on
    outputs = {
        name: replace(output)
        for name, output in template.get("Outputs", {}).items()
        if nested or gone.keys().isdisjoint(_names(output))
    }
    return {**template, "Resources": resources, "Outputs": outputs}


def without_demands_for_tls(template: dict[str, Any]) -> int:
    """Take the statements out of `template` that deny calls to queues without TLS; how many it were."""
    count = 0
    for item in template["Resources"].values():
        if item["Type"] == "AWS::SQS::QueuePolicy":
            document = item["Properties"]["PolicyDocument"]
            kept = [statement for statement in document["Statement"] if not _demands_tls(statement)]
            count += len(document["Statement"]) - len(kept)
            document["Statement"] = kept
    return count


def _demands_tls(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement.get("Effect") == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false"


def _names(value: Any) -> Iterator[str]:
    """The logical ids that `value` refers to."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        match value:
            case {"Ref": str(name)}:
                yield name
            case {"Fn::GetAtt": [str(name), *_]}:
                yield name
            case {"Fn::Sub": str(pattern)}:
                yield from (found[1] for found in _SUB_REFERENCE.finditer(pattern))
            case _:
                for item in value.values():
                    yield from _names(item)
