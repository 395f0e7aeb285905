"""Deploys a synthesised app into the emulator, and mends what the emulator leaves out."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.local.assembly import (
    StackArtifact,
    nested_template_files,
    stacks,
    template_files,
    without_demands_for_tls,
    without_types,
)
from connect_constructs.local.cdk_cli import CdkCli
from connect_constructs.local.clients import Clients
from connect_constructs.local.emulator import ACCOUNT, REGION
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.rest_api import INSTANCE_ARN, RestApi, instance_arn_of, rest_api_stages

# Messages of the emulator can quote a whole template.
_LONGEST_MESSAGE = 500

_UNRECOGNIZED_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]+)\]")
# All but the policies that are AWS's own.
_OF_THE_ACCOUNT = ["Role", "User", "Group", "LocalManagedPolicy"]


def synthesise(cdk: CdkCli, app_directory: Path, output: Path, context: Mapping[str, str]) -> None:
    """Synthesise the app in `app_directory` into `output`. Raises LocalAwsError with the app's own reason."""
    arguments = [part for key, value in context.items() for part in ("--context", f"{key}={value}")]
    # CDK's validation of templates takes most of a synthesis, and the deployment finds what it would find.
    cdk.run(
        ["synth", "--quiet", "--output", output, *arguments],
        doing="synthesising the app",
        directory=app_directory,
        # The CLI sets CDK_DEFAULT_REGION itself, from AWS_REGION.
        environment={"CDK_VALIDATION": "false", "CDK_DEFAULT_ACCOUNT": ACCOUNT, "AWS_REGION": REGION},
    )


def environment_of(assembly: Path) -> tuple[str, list[str]]:
    """The account and the Regions that the app's stacks go to; REGION for what leaves it open.

    Raises LocalAwsError for several accounts: an access key of the emulator's users stands for one account only.
    """
    names: dict[str, list[str]] = {}
    for stack in stacks(assembly):
        if stack.account:
            names.setdefault(stack.account, []).append(stack.name)
    if len(names) > 1:
        found = ", ".join(f"{account} ({', '.join(stack_names)})" for account, stack_names in names.items())
        raise LocalAwsError(
            "the local AWS is one account, in any number of Regions, and the app has stacks in several: "
            f"{found}. Give all of them the same account, or none"
        )
    return next(iter(names), ACCOUNT), sorted({stack.region or REGION for stack in stacks(assembly)})


def bootstrap(
    cdk: CdkCli,
    directory: Path,
    environment: Mapping[str, str],
    clients: Clients,
    *,
    account: str,
    region: str,
    qualifier: str | None,
) -> None:
    """Bootstrap the emulator. `directory` must hold no cdk.json: an app there would be synthesised for nothing."""
    cdk.run(
        ["bootstrap", f"aws://{account}/{region}", *(["--qualifier", qualifier] if qualifier else [])],
        doing="bootstrapping",
        directory=directory,
        environment=environment,
    )
    # The bucket's policy denies what is not TLS, and the emulator enforces it.
    clients("s3", region).delete_bucket_policy(Bucket=_bootstrap_bucket(clients, region))


def _bootstrap_bucket(clients: Clients, region: str) -> str:
    buckets = (bucket["Name"] for bucket in clients("s3", region).list_buckets()["Buckets"])
    name: str = next(bucket for bucket in buckets if bucket.endswith(f"-{region}"))
    return name


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
    place = {"Bucket": _bootstrap_bucket(clients, region), "Key": f"validated/{template_file.name}"}
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


def deploy(cdk: CdkCli, assembly: Path, directory: Path, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Deploy all stacks; their outputs by stack and name. Raises LocalAwsError with CloudFormation's reason."""
    outputs_file = directory / "outputs.json"
    cdk.run(
        # The pattern takes in the stacks of stages, which --all does not.
        ["deploy", "**", "--app", assembly, "--require-approval", "never", "--outputs-file", outputs_file],
        doing="deploying",
        directory=directory,
        environment=environment,
    )
    outputs: dict[str, dict[str, str]] = json.loads(outputs_file.read_text()) if outputs_file.exists() else {}
    return outputs


def remove_demands_for_tls(assembly: Path) -> int:
    """Take out what refuses calls to queues without TLS, which the emulator does not have; how many it were."""
    count = 0
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            template = json.loads(file.read_text(encoding="utf-8"))
            found = without_demands_for_tls(template)
            if found:
                file.write_text(json.dumps(template), encoding="utf-8")
                count += found
    return count


def rest_apis(assembly: Path, clients: Clients) -> list[RestApi]:
    """The REST APIs of the app, for each of their stages."""
    return [
        api
        for stack in _deployed(assembly, clients)
        for name, _ in stack.of_type("AWS::ApiGateway::RestApi")
        for api in rest_api_stages(stack.name, stack.region, stack.physical_ids[name], clients)
    ]


def principals_and_policies(assembly: Path, clients: Clients) -> list[str]:
    """The ARNs of the app's roles, users and managed policies."""
    iam = clients("iam")
    found: list[str] = []
    for stack in _deployed(assembly, clients):
        for name, _ in stack.of_type("AWS::IAM::Role"):
            found.append(iam.get_role(RoleName=stack.physical_ids[name])["Role"]["Arn"])
        for name, _ in stack.of_type("AWS::IAM::User"):
            found.append(iam.get_user(UserName=stack.physical_ids[name])["User"]["Arn"])
        found += [stack.physical_ids[name] for name, _ in stack.of_type("AWS::IAM::ManagedPolicy")]
    return found


def set_request_validators(assembly: Path, clients: Clients) -> int:
    """Set the methods' request validators, which the emulator's CloudFormation drops. Returns the number set."""
    count = 0
    for stack in _deployed(assembly, clients):
        api_gateway = clients("apigateway", stack.region)
        validators: dict[str, str] = {}
        for _, method in stack.of_type("AWS::ApiGateway::Method"):
            properties = method["Properties"]
            reference = properties.get("RequestValidatorId")
            if not reference:
                continue
            api_id = _resolve(properties["RestApiId"], stack.physical_ids)
            logical_id = reference["Ref"]
            if logical_id not in validators:
                wanted = stack.resources[logical_id]["Properties"]
                validators[logical_id] = api_gateway.create_request_validator(
                    restApiId=api_id,
                    name=logical_id,
                    validateRequestBody=wanted.get("ValidateRequestBody", False),
                    validateRequestParameters=wanted.get("ValidateRequestParameters", False),
                )["id"]
            api_gateway.update_method(
                restApiId=api_id,
                resourceId=_resolve(properties["ResourceId"], stack.physical_ids),
                httpMethod=properties["HttpMethod"],
                patchOperations=[{"op": "replace", "path": "/requestValidatorId", "value": validators[logical_id]}],
            )
            count += 1
    return count


def bound_instances(clients: Clients, regions: Sequence[str] = (REGION,)) -> set[str]:
    """The ARNs of the Amazon Connect instances that functions are bound to, or that a policy names."""
    pages = clients("iam").get_paginator("get_account_authorization_details").paginate(Filter=_OF_THE_ACCOUNT)
    found = set(INSTANCE_ARN.findall(json.dumps(list(pages), default=str)))
    for region in regions:
        for page in clients("lambda", region).get_paginator("list_functions").paginate():
            found |= set(filter(None, map(instance_arn_of, page["Functions"])))
    return found


@dataclass(frozen=True)
class _DeployedStack:
    """A stack, or one that is nested in it, as it was deployed."""

    # The name of the outermost stack.
    name: str
    region: str
    resources: dict[str, dict[str, Any]]
    physical_ids: dict[str, str]

    def of_type(self, resource_type: str) -> list[tuple[str, dict[str, Any]]]:
        """The resources of this type, by logical id, without those whose conditions do not hold."""
        return [
            (name, item)
            for name, item in self.resources.items()
            if item["Type"] == resource_type and self.physical_ids.get(name)
        ]


def _deployed(assembly: Path, clients: Clients) -> Iterator[_DeployedStack]:
    for stack in stacks(assembly):
        yield from _with_nested(stack, stack.name, stack.template_file, clients)


def _with_nested(
    stack: StackArtifact, stack_id: str, template_file: Path, clients: Clients
) -> Iterator[_DeployedStack]:
    region = stack.region or REGION
    pages = clients("cloudformation", region).get_paginator("list_stack_resources").paginate(StackName=stack_id)
    physical_ids = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in pages
        for resource in page["StackResourceSummaries"]
    }
    resources = json.loads(template_file.read_text(encoding="utf-8"))["Resources"]
    yield _DeployedStack(stack.name, region, resources, physical_ids)
    for logical_id, nested_file in nested_template_files(template_file).items():
        yield from _with_nested(stack, physical_ids[logical_id], nested_file, clients)


def _resolve(value: Any, physical_ids: Mapping[str, str]) -> str | None:
    """The physical id that a Ref stands for. A literal stands for itself; what else there may be, for nothing."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return physical_ids.get(name)
    return None
