"""The app's stacks as they were deployed: their resources and the physical ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_constructs.local.assembly import StackArtifact, nested_template_files, stacks
from connect_constructs.local.clients import Clients
from connect_constructs.local.emulator import REGION


@dataclass(frozen=True)
class DeployedStack:
    """A deployed stack, or a nested one."""

    # The name of the outermost stack.
    name: str
    region: str
    resources: dict[str, dict[str, Any]]
    physical_ids: dict[str, str]

    def of_type(self, resource_type: str) -> list[tuple[str, dict[str, Any]]]:
        """The resources of this type with their logical ids, except those whose conditions are false."""
        return [
            (name, item)
            for name, item in self.resources.items()
            if item["Type"] == resource_type and self.physical_ids.get(name)
        ]


def deployed_stacks(assembly: Path, clients: Clients) -> Iterator[DeployedStack]:
    """The stacks of the assembly, each followed by those nested in it."""
    for stack in stacks(assembly):
        yield from _with_nested(stack, stack.name, stack.template_file, clients)


def _with_nested(stack: StackArtifact, stack_id: str, template_file: Path, clients: Clients) -> Iterator[DeployedStack]:
    region = stack.region or REGION
    pages = clients("cloudformation", region).get_paginator("list_stack_resources").paginate(StackName=stack_id)
    physical_ids = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in pages
        for resource in page["StackResourceSummaries"]
    }
    resources = json.loads(template_file.read_text(encoding="utf-8"))["Resources"]
    yield DeployedStack(stack.name, region, resources, physical_ids)
    for logical_id, nested_file in nested_template_files(template_file).items():
        yield from _with_nested(stack, physical_ids[logical_id], nested_file, clients)
