"""Synthesises an app, deploys it to the emulator, and finds what was deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from connect_constructs.local.assembly import stacks
from connect_constructs.local.cdk_cli import CdkCli
from connect_constructs.local.clients import Clients
from connect_constructs.local.deployed_stacks import deployed_stacks
from connect_constructs.local.emulator import ACCOUNT, REGION
from connect_constructs.local.emulator_gaps.at_deployment import tls
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.rest_api import INSTANCE_ARN, RestApi, instance_arn_of, rest_api_stages

# Everything except AWS managed policies.
_OF_THE_ACCOUNT = ["Role", "User", "Group", "LocalManagedPolicy"]


def synthesise(cdk: CdkCli, app_directory: Path, output: Path, context: Mapping[str, str]) -> None:
    """Synthesise the app in `app_directory` into `output`. Raises LocalAwsError with the app's error."""
    arguments = [part for key, value in context.items() for part in ("--context", f"{key}={value}")]
    # CDK's template validation takes most of the synthesis time, and the deployment finds the same errors.
    cdk.run(
        ["synth", "--quiet", "--output", output, *arguments],
        doing="synthesising the app",
        directory=app_directory,
        # The CLI sets CDK_DEFAULT_REGION from AWS_REGION.
        environment={"CDK_VALIDATION": "false", "CDK_DEFAULT_ACCOUNT": ACCOUNT, "AWS_REGION": REGION},
    )


def environment_of(assembly: Path) -> tuple[str, list[str]]:
    """The account and Regions of the app's stacks. Stacks without an explicit one get ACCOUNT and REGION.

    Raises LocalAwsError for several accounts, because an access key of the emulator belongs to one account only.
    """
    names: dict[str, list[str]] = {}
    for stack in stacks(assembly):
        if stack.account:
            names.setdefault(stack.account, []).append(stack.name)
    if len(names) > 1:
        found = ", ".join(f"{account} ({', '.join(stack_names)})" for account, stack_names in names.items())
        raise LocalAwsError(
            "the local AWS has one account and any number of Regions, but the app has stacks in several accounts: "
            f"{found}. Give all stacks the same account, or none"
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
    """Bootstrap the emulator. `directory` must not contain a cdk.json, or its app would be synthesised needlessly."""
    cdk.run(
        ["bootstrap", f"aws://{account}/{region}", *(["--qualifier", qualifier] if qualifier else [])],
        doing="bootstrapping",
        directory=directory,
        environment=environment,
    )
    tls.remove_policy(bootstrap_bucket(clients, region), clients("s3", region))


def bootstrap_bucket(clients: Clients, region: str) -> str:
    """The name of the bucket that the bootstrap created."""
    buckets = (bucket["Name"] for bucket in clients("s3", region).list_buckets()["Buckets"])
    name: str = next(bucket for bucket in buckets if bucket.endswith(f"-{region}"))
    return name


def deploy(cdk: CdkCli, assembly: Path, directory: Path, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Deploy all stacks. Returns their outputs by stack and name. Raises LocalAwsError with CloudFormation's error."""
    outputs_file = directory / "outputs.json"
    cdk.run(
        # The pattern includes stacks in stages, unlike --all.
        ["deploy", "**", "--app", assembly, "--require-approval", "never", "--outputs-file", outputs_file],
        doing="deploying",
        directory=directory,
        environment=environment,
    )
    outputs: dict[str, dict[str, str]] = json.loads(outputs_file.read_text()) if outputs_file.exists() else {}
    return outputs


def rest_apis(assembly: Path, clients: Clients) -> list[RestApi]:
    """The app's REST APIs, one entry for each stage."""
    return [
        api
        for stack in deployed_stacks(assembly, clients)
        for name, _ in stack.of_type("AWS::ApiGateway::RestApi")
        for api in rest_api_stages(stack.name, stack.region, stack.physical_ids[name], clients)
    ]


def principals_and_policies(assembly: Path, clients: Clients) -> list[str]:
    """The ARNs of the app's roles, users and managed policies."""
    iam = clients("iam")
    found: list[str] = []
    for stack in deployed_stacks(assembly, clients):
        for name, _ in stack.of_type("AWS::IAM::Role"):
            found.append(iam.get_role(RoleName=stack.physical_ids[name])["Role"]["Arn"])
        for name, _ in stack.of_type("AWS::IAM::User"):
            found.append(iam.get_user(UserName=stack.physical_ids[name])["User"]["Arn"])
        found += [stack.physical_ids[name] for name, _ in stack.of_type("AWS::IAM::ManagedPolicy")]
    return found


def bound_instances(clients: Clients, regions: Sequence[str] = (REGION,)) -> set[str]:
    """The ARNs of the Amazon Connect instances that functions are bound to or policies name."""
    pages = clients("iam").get_paginator("get_account_authorization_details").paginate(Filter=_OF_THE_ACCOUNT)
    found = set(INSTANCE_ARN.findall(json.dumps(list(pages), default=str)))
    for region in regions:
        for page in clients("lambda", region).get_paginator("list_functions").paginate():
            found |= set(filter(None, map(instance_arn_of, page["Functions"])))
    return found
