"""Templates and cloud assemblies, as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connect_constructs._review.errors import InputError

_SECTIONS = {"Resources", "Outputs", "Parameters", "Conditions", "Mappings"}
# A file larger than this is no template: CloudFormation takes 1 MB, and a snapshot has its nested stacks in it.
_MOST_BYTES = 64_000_000
_NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class StackInput:
    """A stack as it was read."""

    # The artifact's id in the cloud assembly, or a file's name: by it the old stack and the new one are matched.
    name: str
    template: dict[str, Any]
    # The hashes of the assembly's assets, and for each the file that it is of.
    assets: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    region: str = ""
    # The constructs' paths by logical id, as far as the assembly says them.
    paths: Mapping[str, str] = field(default_factory=dict)
    # Where files named in the template are; None where there are none.
    directory: Path | None = None

    def nested(self, logical_id: str) -> StackInput | None:
        """The nested stack of that resource; None where its template cannot be found."""
        resource = self.template["Resources"][logical_id]
        template = resource.get("Template")
        if not isinstance(template, dict):
            file = self._nested_file(resource)
            if file is None:
                return None
            template = parsed_template(read_text(file), str(file))
        name = f"{self.name}/{logical_id}"
        return StackInput(name, template, self.assets, self.account, self.region, directory=self.directory)

    def _nested_file(self, resource: dict[str, Any]) -> Path | None:
        if self.directory is None:
            return None
        metadata, properties = resource.get("Metadata"), resource.get("Properties")
        names = [metadata.get("aws:asset:path")] if isinstance(metadata, dict) else []
        if isinstance(properties, dict):
            url = json.dumps(properties.get("TemplateURL"))
            names += [path for asset_hash, path in self.assets.items() if asset_hash in url]
        for name in names:
            if isinstance(name, str) and name.endswith(".json") and (self.directory / name).is_file():
                return self.directory / name
        return None


def is_nested_stack(resource: Any) -> bool:
    """Whether the resource of a template is a nested stack."""
    return isinstance(resource, dict) and resource.get("Type") == _NESTED


def read_template(path: Path, name: str) -> StackInput:
    """The template in the file `path`, as the stack `name`.

    :raises InputError: if it cannot be read.
    """
    return StackInput(name, parsed_template(read_text(path), str(path)), directory=path.parent)


def read_assembly(directory: Path) -> list[StackInput]:
    """The stacks of a cloud assembly (`cdk.out`), those of its stages included.

    :raises InputError: if it cannot be read.
    """
    manifest_file = directory / "manifest.json"
    if not manifest_file.is_file():
        raise InputError(f"{directory} has no manifest.json: expected a template or a cloud assembly such as cdk.out")
    manifest = parsed_json(read_text(manifest_file), str(manifest_file))
    artifacts = manifest.get("artifacts", {}) if isinstance(manifest, dict) else None
    if not isinstance(artifacts, dict):
        raise InputError(f"{manifest_file}: expected a manifest with artifacts")
    assets = _assets(directory)
    stacks: list[StackInput] = []
    for artifact_id, artifact in artifacts.items():
        if not isinstance(artifact, dict):
            continue
        properties = artifact.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        if artifact.get("type") == "aws:cloudformation:stack":
            file = directory / str(properties.get("templateFile"))
            account, region = _environment(artifact.get("environment"))
            template = parsed_template(read_text(file), str(file))
            paths = _paths(directory, artifact)
            stacks.append(StackInput(artifact_id, template, assets, account, region, paths, directory))
        elif artifact.get("type") == "cdk:cloud-assembly":
            stacks += read_assembly(directory / str(properties.get("directoryName")))
    return stacks


def parsed_json(text: str, source: str) -> Any:
    """The JSON value of `text`.

    :raises InputError: if it is none, with `source` in the message.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise InputError(f"{source}: nested too deep") from None
    except ValueError as error:
        hint = "; YAML is not read, and `cdk synth` writes JSON into cdk.out" if source.endswith(("ml", "late")) else ""
        raise InputError(f"{source}: expected JSON: {error}{hint}") from None


def parsed_template(text: str, source: str) -> dict[str, Any]:
    """The template that `text` is.

    :raises InputError: if it is none.
    """
    template = parsed_json(text, source)
    if not looks_like_template(template):
        raise InputError(f"{source}: expected a CloudFormation template, with Resources")
    return dict(template)


def looks_like_template(value: Any) -> bool:
    """Whether `value` has a section of a template, or is empty, as a stack without resources is."""
    return isinstance(value, dict) and (not value or bool(_SECTIONS & value.keys()))


def _assets(directory: Path) -> dict[str, str]:
    assets: dict[str, str] = {}
    for file in sorted(directory.glob("*.assets.json")):
        manifest = parsed_json(read_text(file), str(file))
        if not isinstance(manifest, dict):
            continue
        for kind in ("files", "dockerImages"):
            entries = manifest.get(kind)
            for asset_hash, asset in entries.items() if isinstance(entries, dict) else ():
                source = asset.get("source") if isinstance(asset, dict) else None
                assets[asset_hash] = str(source.get("path", "")) if isinstance(source, dict) else ""
    return assets


def _paths(directory: Path, artifact: dict[str, Any]) -> dict[str, str]:
    """The constructs' paths by logical id; they are no part of a finding's id, and may be missing."""
    metadata = artifact.get("metadata")
    file = artifact.get("additionalMetadataFile")
    if isinstance(file, str) and (directory / file).is_file():
        metadata = parsed_json(read_text(directory / file), str(directory / file))
    return {
        entry["data"]: path.removeprefix("/").removesuffix("/Resource")
        for path, entries in (metadata.items() if isinstance(metadata, dict) else ())
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("type") == "aws:cdk:logicalId" and isinstance(entry.get("data"), str)
    }


def _environment(environment: Any) -> tuple[str, str]:
    """The account and the Region of `aws://ACCOUNT/REGION`; empty where the app leaves them to the deployment."""
    if not isinstance(environment, str) or not environment.startswith("aws://"):
        return "", ""
    account, _, region = environment.removeprefix("aws://").partition("/")
    return account.replace("unknown-account", ""), region.replace("unknown-region", "")


def read_text(path: Path) -> str:
    """The text of the file.

    :raises InputError: if it cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: too large for a template")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected UTF-8 text") from None
    except ValueError as error:  # a name with a null character
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
