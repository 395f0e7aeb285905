"""A stack's template without what changes although the infrastructure does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_cdk import Stack

ASSET_HASH = "<asset hash>"

# CDK adds a hash of the content to the ids of these resources, so that a change of content replaces them. What their
# content is stands in the template anyway, or is an asset.
_TYPES_WITH_HASHED_IDS = {"AWS::ApiGateway::Deployment", "AWS::Lambda::Version"}
_HASHED_ID = re.compile(r"(?P<stable>.*[0-9A-F]{8})[0-9a-f]{32}")

# What CDK adds to a template for itself: the section and the key in it.
_BOILERPLATE = [
    ("Conditions", "CDKMetadataAvailable"),
    ("Parameters", "BootstrapVersion"),
    ("Resources", "CDKMetadata"),
    ("Rules", "CheckBootstrapVersion"),
]


def normalised_template(stack: Stack) -> dict[str, Any]:
    """The synthesised template of `stack`, fit to be compared with an earlier one.

    Hashes of assets become `<asset hash>`; the ids of API Gateway deployments and of Lambda versions lose their hash,
    where they are defined and where they are referred to; CDK's metadata and its check of the bootstrap version go.
    A change of a function's code alone therefore leaves it as it is.
    """
    from aws_cdk import Stage

    stage = Stage.of(stack)
    assert stage is not None  # CDK makes an app for a stack that has none
    directory = Path(stage.synth().directory)
    text = (directory / stack.template_file).read_text(encoding="utf-8")
    for asset_hash in _asset_hashes(directory):
        text = text.replace(asset_hash, ASSET_HASH)
    for logical_id, stable_id in _hashed_ids(json.loads(text)):
        text = text.replace(logical_id, stable_id)
    template: dict[str, Any] = json.loads(text)
    for section, key in _BOILERPLATE:
        template.get(section, {}).pop(key, None)
    return {section: content for section, content in template.items() if content}


def _asset_hashes(directory: Path) -> Iterator[str]:
    # All manifests, for the assets of a nested stack are in its parent's.
    for file in sorted(directory.glob("*.assets.json")):
        manifest = json.loads(file.read_text(encoding="utf-8"))
        yield from manifest.get("files", {})
        yield from manifest.get("dockerImages", {})


def _hashed_ids(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for logical_id, resource in template.get("Resources", {}).items():
        match = _HASHED_ID.fullmatch(logical_id)
        if match and resource["Type"] in _TYPES_WITH_HASHED_IDS:
            yield logical_id, match["stable"]
