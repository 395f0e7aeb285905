"""A synthesised CDK app: its stacks and their templates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StackArtifact:
    """One stack in the assembly."""

    name: str
    template_file: Path
    # Both are None if the stack goes wherever the credentials point.
    account: str | None
    region: str | None


def stacks(directory: Path) -> list[StackArtifact]:
    """The stacks of the assembly in `directory`, including those in its stages."""
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
    """`template_file` and the template files of nested stacks at all levels, outermost first."""
    files = [template_file]
    for nested_file in nested_template_files(template_file).values():
        files += template_files(nested_file)
    return files


def nested_template_files(template_file: Path) -> dict[str, Path]:
    """The template files of the stacks nested directly in this one, by logical id."""
    template = json.loads(template_file.read_text(encoding="utf-8"))
    return {
        # CDK records the nested template's file in the metadata.
        logical_id: template_file.parent / item["Metadata"]["aws:asset:path"]
        for logical_id, item in template.get("Resources", {}).items()
        if item["Type"] == "AWS::CloudFormation::Stack" and "aws:asset:path" in item.get("Metadata", {})
    }
