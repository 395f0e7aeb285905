"""Synthesises an app, deploys it into the emulator, and finds what it has deployed."""

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
    tls.remove_policy(bootstrap_bucket(clients, region), clients("s3", region))


def bootstrap_bucket(clients: Clients, region: str) -> str:
    """The name of the bucket that the bootstrap has made."""
    buckets = (bucket["Name"] for bucket in clients("s3", region).list_buckets()["Buckets"])
    name: str = next(bucket for bucket in buckets if bucket.endswith(f"-{region}"))
    return name


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


def rest_apis(assembly: Path, clients: Clients) -> list[RestApi]:
    """The REST APIs of the app, for each of their stages."""
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
    """The ARNs of the Amazon Connect instances that functions are bound to, or that a policy names."""
    pages = clients("iam").get_paginator("get_account_authorization_details").paginate(Filter=_OF_THE_ACCOUNT)
    found = set(INSTANCE_ARN.findall(json.dumps(list(pages), default=str)))
    for region in regions:
        for page in clients("lambda", region).get_paginator("list_functions").paginate():
            found |= set(filter(None, map(instance_arn_of, page["Functions"])))
    return found
