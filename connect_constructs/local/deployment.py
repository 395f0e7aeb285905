"""Deploys a synthesised app into the emulator, and mends what the emulator leaves out."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from connect_constructs.local.assembly import (
    nested_template_files,
    stacks,
    template_files,
    without_demands_for_tls,
    without_types,
)
from connect_constructs.local.cdk_cli import CdkCli
from connect_constructs.local.emulator import ACCOUNT, REGION
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.schema import service_model

# Messages of the emulator can quote a whole template.
_LONGEST_MESSAGE = 500

_UNRECOGNIZED_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]+)\]")

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class RestApi:
    """A deployed REST API."""

    stack_name: str
    api_id: str
    stage: str
    # Whether callers sign for execute-api; otherwise an authorizer asks for something of its own.
    has_iam_authorization: bool
    # The API key that callers have to send, if any.
    api_key: str | None
    # Which of the two operations it offers, in the contract's order.
    operations: tuple[str, ...]


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
    elsewhere = [
        f"{stack.name} ({stack.account or ACCOUNT}, {stack.region or REGION})"
        for stack in stacks(output)
        if stack.account not in (None, ACCOUNT) or stack.region not in (None, REGION)
    ]
    if elsewhere:
        raise LocalAwsError(
            f"the local AWS is account {ACCOUNT} in {REGION}, and the app says otherwise of: {', '.join(elsewhere)}. "
            "Leave account and Region to the environment, or to context (-c)"
        )


def bootstrap(
    cdk: CdkCli, directory: Path, environment: Mapping[str, str], clients: Clients, qualifier: str | None
) -> None:
    """Bootstrap the emulator. `directory` must hold no cdk.json: an app there would be synthesised for nothing."""
    cdk.run(
        ["bootstrap", f"aws://{ACCOUNT}/{REGION}", *(["--qualifier", qualifier] if qualifier else [])],
        doing="bootstrapping",
        directory=directory,
        environment=environment,
    )
    # The bucket's policy denies what is not TLS, and the emulator enforces it.
    s3 = clients("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        s3.delete_bucket_policy(Bucket=bucket["Name"])


def remove_refused_types(assembly: Path, clients: Clients) -> list[str]:
    """Take the resource types that the emulator refuses out of the assembly's templates; the types taken out."""
    refused: set[str] = set()
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            types = _refused_types(stack.name, file, clients)
            if types:
                template = json.loads(file.read_text(encoding="utf-8"))
                nested = file != stack.template_file
                pruned = without_types(template, types, region=REGION, account=ACCOUNT, nested=nested)
                file.write_text(json.dumps(pruned), encoding="utf-8")
                refused |= types
    return sorted(refused)


def _refused_types(stack_name: str, template_file: Path, clients: Clients) -> set[str]:
    """The types in the template that the emulator's CloudFormation does not have.

    The template goes through S3: ValidateTemplate takes at most 51,200 bytes in its body (CloudFormation API
    Reference, "ValidateTemplate"), and 1 MB from there. Raises LocalAwsError for what else is wrong with it.
    """
    s3 = clients("s3")
    place = {"Bucket": s3.list_buckets()["Buckets"][0]["Name"], "Key": f"validated/{template_file.name}"}
    s3.put_object(**place, Body=template_file.read_bytes())
    url = f"{s3.meta.endpoint_url}/{place['Bucket']}/{place['Key']}"
    try:
        clients("cloudformation").validate_template(TemplateURL=url)
    except ClientError as error:
        message = error.response["Error"].get("Message", "")
        match = _UNRECOGNIZED_TYPES.search(message)
        if not match:
            raise LocalAwsError(
                f"{stack_name}: CloudFormation refuses the template: {textwrap.shorten(message, _LONGEST_MESSAGE)}"
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
    found = []
    for stack in _deployed(assembly, clients):
        methods = [
            method["Properties"]
            for _, method in stack.of_type("AWS::ApiGateway::Method")
            if method["Properties"]["HttpMethod"] != "OPTIONS"
        ]
        keys = [stack.physical_ids[name] for name, _ in stack.of_type("AWS::ApiGateway::ApiKey")]
        needs_key = any(method.get("ApiKeyRequired") for method in methods)
        for name, stage in stack.of_type("AWS::ApiGateway::Stage"):
            api_id = _resolve(stage["Properties"]["RestApiId"], stack.physical_ids)
            if not api_id:
                continue
            found.append(
                RestApi(
                    stack_name=stack.name,
                    api_id=api_id,
                    stage=stage["Properties"].get("StageName", stack.physical_ids[name]),
                    has_iam_authorization=all(method.get("AuthorizationType") == "AWS_IAM" for method in methods),
                    api_key=_value_of_key(keys[0], clients) if keys and needs_key else None,
                    operations=_operations(api_id, clients),
                )
            )
    return found


def set_request_validators(assembly: Path, clients: Clients) -> int:
    """Set the methods' request validators, which the emulator's CloudFormation drops; how many it were."""
    api_gateway = clients("apigateway")
    count = 0
    for stack in _deployed(assembly, clients):
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


def bound_instances(clients: Clients) -> set[str]:
    """The ARNs of the Amazon Connect instances that the deployed functions are bound to."""
    pages = clients("lambda").get_paginator("list_functions").paginate()
    functions = [function for page in pages for function in page["Functions"]]
    values = (
        value for function in functions for value in function.get("Environment", {}).get("Variables", {}).values()
    )
    return {value for value in values if re.fullmatch(r"arn:[^:]+:connect:[^:]+:\d{12}:instance/[^/]+", value)}


@dataclass(frozen=True)
class _DeployedStack:
    """A stack, or one that is nested in it, as it was deployed."""

    # The name of the outermost stack.
    name: str
    resources: dict[str, dict[str, Any]]
    physical_ids: dict[str, str]

    def of_type(self, resource_type: str) -> list[tuple[str, dict[str, Any]]]:
        return [(name, item) for name, item in self.resources.items() if item["Type"] == resource_type]


def _deployed(assembly: Path, clients: Clients) -> Iterator[_DeployedStack]:
    for stack in stacks(assembly):
        yield from _with_nested(stack.name, stack.name, stack.template_file, clients)


def _with_nested(name: str, stack_id: str, template_file: Path, clients: Clients) -> Iterator[_DeployedStack]:
    pages = clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_id)
    physical_ids = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in pages
        for resource in page["StackResourceSummaries"]
    }
    yield _DeployedStack(name, json.loads(template_file.read_text(encoding="utf-8"))["Resources"], physical_ids)
    for logical_id, nested_file in nested_template_files(template_file).items():
        yield from _with_nested(name, physical_ids[logical_id], nested_file, clients)


def _operations(api_id: str, clients: Clients) -> tuple[str, ...]:
    pages = clients("apigateway").get_paginator("get_resources").paginate(restApiId=api_id)
    methods = {
        (method, resource["path"])
        for page in pages
        for resource in page["items"]
        for method in resource.get("resourceMethods", {})
    }
    return tuple(
        name
        for name, operation in service_model()["operations"].items()
        if (operation["http"]["method"], operation["http"]["requestUri"]) in methods
    )


def _value_of_key(key_id: str, clients: Clients) -> str:
    value: str = clients("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]
    return value


def _resolve(value: Any, physical_ids: Mapping[str, str]) -> str | None:
    """The physical id that a Ref stands for. A literal stands for itself; what else there may be, for nothing."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return physical_ids.get(name)
    return None
