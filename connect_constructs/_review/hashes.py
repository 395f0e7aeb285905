"""Hashes of assets, deployments and versions: they change with the code, which is not compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

ASSET_HASH = "<asset hash>"

_HASH = r"[0-9a-f]{64}"
# CDK adds a hash of the content to the ids of these resources, so that a change of content replaces them.
_TYPES_WITH_HASHED_IDS = {"AWS::ApiGateway::Deployment", "AWS::Lambda::Version"}
_HASHED_ID = re.compile(r"(?P<stable>.*[0-9A-F]{8})[0-9a-f]{32}")
# In the bucket or repository that `cdk bootstrap` makes, also with a qualifier or a name of one's own.
_BESIDE_ASSETS = re.compile(rf"(?<=[/:]){_HASH}(?=$|\.[a-z0-9.]+$)")
_WHOLE = re.compile(rf"{_HASH}(\.[A-Za-z0-9.]+)?")
# Where CDK writes an asset's object key.
_KEYS_OF_ASSETS = {"S3Key", "S3ObjectKey", "SourceObjectKeys", "Key", "TemplateURL", "ImageUri", "Image", "CodeKey"}
# The parameters of assets before `cdk bootstrap` had a version: AssetParameters, hash, purpose, hash of the id.
_ASSET_PARAMETER = re.compile(rf"AssetParameters{_HASH}(?P<purpose>S3Bucket|S3VersionKey|ArtifactHash)[0-9A-F]{{8}}")


def without_hash(text: str, key: str, known: Iterable[str]) -> str:
    """`text`, the value of the property `key`, with `<asset hash>` for each hash of an asset.

    :param known: The hashes that a cloud assembly lists. Without them a hash of an asset is known by its place.
    """
    if len(text) < 64:
        return text
    for asset_hash in known:
        text = text.replace(asset_hash, ASSET_HASH)
    if match := _ASSET_PARAMETER.fullmatch(text):
        return f"AssetParameters{match['purpose']}"
    if key in _KEYS_OF_ASSETS:
        if _WHOLE.fullmatch(text):
            return ASSET_HASH + text[64:]
        return _BESIDE_ASSETS.sub(ASSET_HASH, text)
    if "-assets-" in text:
        return _BESIDE_ASSETS.sub(ASSET_HASH, text)
    return text


def stable_ids(resources: Mapping[str, Any]) -> dict[str, str]:
    """For each logical id with a hash of the content, the id without it.

    Two ids that would be one keep their hashes.
    """
    stable: dict[str, str] = {}
    for logical_id, resource in resources.items():
        match = _HASHED_ID.fullmatch(logical_id)
        if match and isinstance(resource, Mapping) and resource.get("Type") in _TYPES_WITH_HASHED_IDS:
            stable[logical_id] = match["stable"]
    names = list(stable.values())
    return {logical_id: name for logical_id, name in stable.items() if names.count(name) == 1 and name not in resources}
