"""CloudFormation knows all resource types. The emulator refuses a template with a type that it lacks.

It also fails to create an alarm on metric math. Such resources are removed from the local copy of the template.
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

# The emulator's messages can quote a whole template.
_LONGEST_MESSAGE = 500

_UNRECOGNIZED_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]+)\]")
_SUB_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")


def remove_refused_types(assembly: Path, account: str, clients: Clients) -> list[str]:
    """Remove the resource types that the emulator refuses from the assembly's templates. Returns the types removed."""
    refused: set[str] = set()
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            template = json.loads(file.read_text(encoding="utf-8"))
            types = _refused_types(stack, file, clients)
            names = {name for name, item in template["Resources"].items() if item["Type"] in types}
            alarms = metric_math_alarms(template)
            if names | alarms:
                region, nested = stack.region or REGION, file != stack.template_file
                pruned = without_resources(template, names | alarms, region=region, account=account, nested=nested)
                file.write_text(json.dumps(pruned), encoding="utf-8")
            refused |= types
            if alarms:
                refused.add("AWS::CloudWatch::Alarm on metric math")
    return sorted(refused)


def _refused_types(stack: StackArtifact, template_file: Path, clients: Clients) -> set[str]:
    """The types in the template that the emulator's CloudFormation does not have.

    The template goes through S3: ValidateTemplate accepts up to 1 MB from there, but only 51,200 bytes in its body
    (CloudFormation API Reference, "ValidateTemplate"). Raises LocalAwsError if the template is refused for another
    reason.
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


def metric_math_alarms(template: dict[str, Any]) -> set[str]:
    """The logical ids of the alarms on metric math."""
    return {
        name
        for name, item in template["Resources"].items()
        if item["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in item.get("Properties", {})
    }


def without_resources(
    template: dict[str, Any], names: Collection[str], *, region: str, account: str, nested: bool = False
) -> dict[str, Any]:
    """`template` without the resources with these logical ids. References to them are replaced by plain strings.

    Outputs that refer to them are removed, except in a nested stack, whose parent may use them.
    """
    gone = {name: template["Resources"][name]["Type"] for name in names}

    def text(name: str, attribute: str) -> str:
        if gone[name] == "AWS::Connect::Instance":
            # An app that creates an instance wants to update its contacts, so the in-memory Amazon Connect gets it.
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
    """The logical ids to which `value` refers."""
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
