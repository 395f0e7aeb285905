"""A stack's template without the parts that change when the infrastructure does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_cdk import Stack

ASSET_HASH = "<asset hash>"

# CDK adds a hash of the content to these resources' ids, so that a change of content replaces them. The content itself
# is elsewhere in the template, or is an asset.
_TYPES_WITH_HASHED_IDS = {"AWS::ApiGateway::Deployment", "AWS::Lambda::Version"}
_HASHED_ID = re.compile(r"(?P<stable>.*[0-9A-F]{8})[0-9a-f]{32}")

# What CDK adds to every template for its own use: section and key.
_BOILERPLATE = [
    ("Conditions", "CDKMetadataAvailable"),
    ("Parameters", "BootstrapVersion"),
    ("Resources", "CDKMetadata"),
    ("Rules", "CheckBootstrapVersion"),
]


def normalised_template(stack: Stack) -> dict[str, Any]:
    """The synthesised template of `stack`, normalised so that it can be compared with an earlier one.

    Asset hashes become `<asset hash>`. The ids of API Gateway deployments and Lambda versions lose their hash, both
    where they are defined and where they are referenced. CDK's metadata and its check of the bootstrap version are
    removed. A change to a function's code alone therefore does not change the result.

    A nested stack's resource contains the nested stack's normalised template, as `Template` next to `Properties`. The
    real template only has its URL, whose hash is removed, so changes inside would otherwise go unnoticed.
    """
    from aws_cdk import Stage

    stage = Stage.of(stack)
    assert stage is not None  # CDK creates an app for a stack without one
    directory = Path(stage.synth().directory)
    return _normalised(directory, stack.template_file, _assets(directory))


def _normalised(directory: Path, template_file: str, assets: Mapping[str, str | None]) -> dict[str, Any]:
    text = (directory / template_file).read_text(encoding="utf-8")
    synthesised: dict[str, Any] = json.loads(text)
    for asset_hash in assets:
        text = text.replace(asset_hash, ASSET_HASH)
    for logical_id, stable_id in _hashed_ids(synthesised):
        text = text.replace(logical_id, stable_id)
    template: dict[str, Any] = json.loads(text)
    for logical_id, nested_file in _nested_template_files(synthesised, assets):
        template["Resources"][logical_id]["Template"] = _normalised(directory, nested_file, assets)
    for section, key in _BOILERPLATE:
        template.get(section, {}).pop(key, None)
    return {section: content for section, content in template.items() if content}


def _assets(directory: Path) -> dict[str, str | None]:
    """The hashes of all assets, each with its file or folder in `directory`, or None for an image."""
    assets: dict[str, str | None] = {}
    # All manifests, because a nested stack's assets are in its parent's.
    for file in sorted(directory.glob("*.assets.json")):
        manifest = json.loads(file.read_text(encoding="utf-8"))
        for asset_hash, asset in manifest.get("files", {}).items():
            assets[asset_hash] = asset["source"].get("path")
        assets.update(dict.fromkeys(manifest.get("dockerImages", {})))
    return assets


def _hashed_ids(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for logical_id, resource in template.get("Resources", {}).items():
        match = _HASHED_ID.fullmatch(logical_id)
        if match and resource["Type"] in _TYPES_WITH_HASHED_IDS:
            yield logical_id, match["stable"]


def _nested_template_files(template: dict[str, Any], assets: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """The logical id and the template file of each nested stack.

    CDK writes JSON. Stack resources with a template from elsewhere, such as a YAML file in a bucket, are left out.
    """
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            url = json.dumps(resource["Properties"]["TemplateURL"])
            for asset_hash, path in assets.items():
                if path and path.endswith(".json") and asset_hash in url:
                    yield logical_id, path
