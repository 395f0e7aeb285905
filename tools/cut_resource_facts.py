"""Cut the facts that `connect-constructs review` needs out of AWS's specification of resource types.

    python tools/cut_resource_facts.py            writes connect_constructs/_review/resource_facts.json
    python tools/cut_resource_facts.py --check    exits 1 if that file is not what would be written

The source is the npm package @aws-cdk/aws-service-spec, as tests/review/node/package-lock.json pins it. The facts say
of each resource type which properties replace the resource, which may do so, whether it is stateful, which properties
make up its physical name (the first must be given), and whether it has an address (an ARN, a URL, an endpoint) that
others can know.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tests" / "review" / "node" / "node_modules" / "@aws-cdk" / "aws-service-spec"
FACTS = ROOT / "connect_constructs" / "_review" / "resource_facts.json"

# Data stores that the specification does not mark as stateful. Its marks are those of CDK's own integration tests:
# https://github.com/cdklabs/awscdk-service-spec, packages/@aws-cdk/service-spec-importers, stateful resources.
ALSO_STATEFUL = (
    "AWS::Cassandra::Table",
    "AWS::DocDBElastic::Cluster",
    "AWS::ECR::Repository",
    "AWS::MSK::Cluster",
    "AWS::MemoryDB::Cluster",
    "AWS::NeptuneGraph::Graph",
    "AWS::OpenSearchServerless::Collection",
    "AWS::RDS::GlobalCluster",
    "AWS::S3Express::DirectoryBucket",
    "AWS::S3Tables::Table",
    "AWS::S3Tables::TableBucket",
    "AWS::Timestream::Database",
    "AWS::Timestream::InfluxDBInstance",
    "AWS::Timestream::Table",
)
# Its content is its own resources, which the review compares one by one.
NOT_STATEFUL = ("AWS::CloudFormation::Stack",)
# Its identifier in the specification lacks the API.
NAMED_WITHIN_PARENT = ("AWS::ApiGateway::Model",)

_ADDRESS = re.compile(r"(Arn|ARN|Url|URL|Uri|URI|Endpoint|Endpoint\.Address|DomainName|DNSName)$")
_PARENT = re.compile(r"^(?!.*(Kms|Key|Role|Distinct)).*(Arn|Id|Name)$")
# What CloudFormation fills in for the account: no part of a name.
_ARN_ENVIRONMENT = {"Partition", "Region", "Account", "AccountId"}

Json = dict[str, Any]


def cut(specification: Json) -> dict[str, Json]:
    """The facts by resource type."""
    definitions = {
        definition["$id"]: definition for definition in specification["schema"]["typeDefinition"]["entities"]
    }
    resources = specification["schema"]["resource"]["entities"]
    facts = {resource["cloudFormationType"]: _facts(resource, definitions) for resource in resources}
    unknown = [name for name in (*ALSO_STATEFUL, *NOT_STATEFUL, *NAMED_WITHIN_PARENT) if name not in facts]
    if unknown:
        raise ValueError(f"the specification no longer has {', '.join(unknown)}: correct the lists in {__file__}")
    return {name: facts[name] for name in sorted(facts)}


def _facts(resource: Json, definitions: Json) -> Json:
    paths = list(_replacing(resource["properties"], definitions, (), ()))
    also = {".".join(path) for path in resource.get("additionalReplacementProperties", [])}
    always = {path for path, cause in paths if cause == "yes"} | also
    type_name = resource["cloudFormationType"]
    found = {
        "replaces": sorted(always),
        "may_replace": sorted({path for path, cause in paths if cause == "maybe"} - always),
        "stateful": type_name in ALSO_STATEFUL or (resource.get("isStateful") and type_name not in NOT_STATEFUL),
        "name": _name(resource),
        "address": bool(resource.get("arnTemplate")) or any(map(_ADDRESS.search, resource["attributes"])),
    }
    return {key: value for key, value in found.items() if value}


def _replacing(
    properties: Json, definitions: Json, path: tuple[str, ...], seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """The path of each property that causes replacement, and `yes` or `maybe`; lists and maps add nothing to a path."""
    for name, property_ in properties.items():
        here = (*path, name)
        cause = property_.get("causesReplacement", "no")
        if cause != "no":
            yield ".".join(here), cause
        if cause != "yes":
            for reference in _references(property_["type"]):
                if reference not in seen:
                    yield from _replacing(definitions[reference]["properties"], definitions, here, (*seen, reference))


def _references(type_: Json) -> Iterator[str]:
    if type_["type"] == "ref":
        yield type_["reference"]["$ref"]
    elif type_["type"] in {"array", "map"}:
        yield from _references(type_["element"])
    elif type_["type"] == "union":
        for one in type_["types"]:
            yield from _references(one)


def _name(resource: Json) -> list[str]:
    """The properties that together are the physical name: two resources cannot have the same in an account."""
    properties = resource["properties"]
    creates = {name for name, property_ in properties.items() if property_.get("causesReplacement") == "yes"}
    identifier: list[str] = resource.get("primaryIdentifier") or []
    if identifier and creates.issuperset(identifier) and resource["cloudFormationType"] not in NAMED_WITHIN_PARENT:
        return identifier
    in_arn = set(re.findall(r"\$\{(\w+)\}", resource.get("arnTemplate") or "")) - _ARN_ENVIRONMENT
    in_arn = in_arn if len(in_arn) == 1 else set()
    for candidate in (*in_arn, f"{resource['name']}Name", "Name"):
        if candidate in creates:
            # Such a name is often one within a parent: an alias's within its function.
            return [candidate, *sorted(name for name in creates - {candidate} if _PARENT.search(name))]
    return []


def generate() -> Json:
    """The whole file, with today's date."""
    database = (PACKAGE / "db.json.gz").read_bytes()
    package = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    return {
        "source": {
            "package": package["name"],
            "version": package["version"],
            "sha256": hashlib.sha256(database).hexdigest(),
            "cut": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        },
        "types": cut(json.loads(gzip.decompress(database))),
    }


def written(facts: Json) -> str:
    """The file's text: a line for each type, so that a difference can be read."""
    lines = [f'"source": {json.dumps(facts["source"])},', '"types": {']
    types = [f"{json.dumps(name)}: {json.dumps(fact, separators=(',', ':'))}" for name, fact in facts["types"].items()]
    return "{\n" + "\n".join(lines) + "\n" + ",\n".join(types) + "\n}}\n"


def differences(old: Json, new: Json) -> list[str]:
    """What a new cut would change, a line each; the date is no change."""
    lines = []
    for key in ("package", "version", "sha256"):
        if old["source"][key] != new["source"][key]:
            lines.append(f"source.{key}: {old['source'][key]} -> {new['source'][key]}")
    for name in sorted(old["types"].keys() | new["types"].keys()):
        before, after = old["types"].get(name), new["types"].get(name)
        if before != after:
            lines.append(f"{name}: {json.dumps(before)} -> {json.dumps(after)}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    arguments = parser.parse_args()
    if not PACKAGE.is_dir():
        print(f"{PACKAGE} is missing: make setup installs it", file=sys.stderr)
        return 1
    facts = generate()
    version = facts["source"]["version"]
    if arguments.check:
        changes = differences(json.loads(FACTS.read_text(encoding="utf-8")), facts)
        print("\n".join(changes) or f"{FACTS.relative_to(ROOT)} is up to date with aws-service-spec {version}")
        return 1 if changes else 0
    FACTS.write_text(written(facts), encoding="utf-8")
    print(f"wrote {FACTS.relative_to(ROOT)} from aws-service-spec {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
