"""The emulator's CloudFormation does not have all resource types, and refuses a template with one that it lacks.

Such resources are taken out of the local copy of the template.
"""

from __future__ import annotations

import json
import re
import textwrap
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.local.assembly import StackArtifact, stacks, template_files
from connect_constructs.local.clients import Clients
from connect_constructs.local.deployment import bootstrap_bucket
from connect_constructs.local.emulator import REGION
from connect_constructs.local.errors import LocalAwsError

# Messages of the emulator can quote a whole template.
_LONGEST_MESSAGE = 500

_UNRECOGNIZED_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]+)\]")
_SUB_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")


def remove_refused_types(assembly: Path, account: str, clients: Clients) -> list[str]:
    """Take the resource types that the emulator refuses out of the assembly's templates; the types taken out."""
    refused: set[str] = set()
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            types = _refused_types(stack, file, clients)
            if types:
                template = json.loads(file.read_text(encoding="utf-8"))
                nested = file != stack.template_file
                pruned = without_types(template, types, region=stack.region or REGION, account=account, nested=nested)
                file.write_text(json.dumps(pruned), encoding="utf-8")
                refused |= types
    return sorted(refused)


def _refused_types(stack: StackArtifact, template_file: Path, clients: Clients) -> set[str]:
    """The types in the template that the emulator's CloudFormation does not have.

    The template goes through S3: ValidateTemplate takes at most 51,200 bytes in its body (CloudFormation API
    Reference, "ValidateTemplate"), and 1 MB from there. Raises LocalAwsError for what else is wrong with it.
    """
    region = stack.region or REGION
    s3 = clients("s3", region)
    place = {"Bucket": bootstrap_bucket(clients, region), "Key": f"validated/{template_file.name}"}
    s3.put_object(**place, Body=template_file.read_bytes())
    url = f"{s3.meta.endpoint_url}/{place['Bucket']}/{place['Key']}"
    try:
        clients("cloudformation", region).validate_template(TemplateURL=url)
    except ClientError as error:
        message = error.response["Error"].get("Message", "")
        match = _UNRECOGNIZED_TYPES.search(message)
        if not match:
            raise LocalAwsError(
                f"{stack.name}: CloudFormation refuses the template: {textwrap.shorten(message, _LONGEST_MESSAGE)}"
            ) from None
        return set(match[1].split(", "))
    finally:
        s3.delete_object(**place)
    return set()


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
