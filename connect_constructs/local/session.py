"""The local AWS as a whole: starts the emulator and the in-memory Amazon Connect, and deploys an app to them."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

from connect_constructs._cdk_json import cdk_json_context
from connect_constructs._signals import uninterrupted
from connect_constructs.local import command, deployment, writers
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.cdk_cli import CdkCli, tool_environment
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.emulator import ACCOUNT, REGION, ROOT_CREDENTIALS, Emulator, emulator_python
from connect_constructs.local.emulator_gaps.at_deployment import request_validators, resource_types, tls
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.rest_api import RestApi
from connect_constructs.local.run_directory import run_directory
from connect_constructs.local.writers import Grant, UpdateQueue

Report = Callable[[str], None]

_DEMO_INSTANCE_ID = "7d8e6a4c-0f51-4b7e-9c39-2f6a1e8b5d10"

# The CDK context key for the name of a custom bootstrap.
_QUALIFIER = "@aws-cdk/core:bootstrapQualifier"


class LocalAws:
    """A CDK app deployed to a local AWS, as a context manager. It leaves nothing behind.

    with LocalAws(Path("."), context={"instance_arn": arn}) as local:
        contact_id = local.connect.create_contact()
        print(local.endpoint)
    """

    def __init__(
        self,
        app_directory: Path,
        *,
        context: Mapping[str, str] | None = None,
        report: Report | None = None,
        before_deployment: Callable[[Path], None] | None = None,
    ) -> None:
        """Prepare the local AWS. Entering the context starts it and deploys the app.

        :param app_directory: A CDK app's folder, with its cdk.json.
        :param context: CDK context, as with `-c`. If neither this nor cdk.json has an `instance_arn`, the app gets one
            that exists only here.
        :param report: Called with a line for each finished step and its time. Default: no report.
        :param before_deployment: Called with the folder of the synthesised app; may raise LocalAwsError to stop.
            Default: no check.
        """
        self._app_directory = app_directory.resolve()
        own_context = _app_context(self._app_directory)
        self._context = {**_demo_context({**own_context, **(context or {})}), **(context or {})}
        self._qualifier = self._context.get(_QUALIFIER, own_context.get(_QUALIFIER))
        self._report = report or (lambda line: None)
        self._before_deployment = before_deployment or (lambda assembly: None)
        self._exit = contextlib.ExitStack()
        self._emulator: Emulator | None = None
        self._assembly: Path | None = None
        self._regions = [REGION]
        self._connect_server: ConnectServer | None = None
        self.account = ACCOUNT
        """The account of the local AWS."""
        self.connect = AmazonConnect()
        """The in-memory Amazon Connect."""
        self.instance_arns: list[str] = []
        """The instances that the app is for."""
        self.rest_apis: list[RestApi] = []
        """The app's REST APIs."""
        self.outputs: dict[str, dict[str, str]] = {}
        """The stacks' outputs, by stack name and output name."""

    def __enter__(self) -> LocalAws:
        try:
            self._start(self._exit)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        with uninterrupted():
            self._exit.close()

    @property
    def url(self) -> str:
        """The endpoint of the emulated AWS services."""
        assert self._emulator, "the local AWS has not been entered"
        return self._emulator.url

    @property
    def connect_url(self) -> str:
        """The endpoint of the in-memory Amazon Connect."""
        assert self._connect_server, "the local AWS has not been entered"
        return self._connect_server.url

    @property
    def endpoint(self) -> str:
        """The endpoint of the app's first REST API."""
        return self.endpoint_of(self.rest_apis[0])

    def endpoint_of(self, api: RestApi, vpc_endpoint_id: str | None = None) -> str:
        """The endpoint of `api`, for clients.

        :param vpc_endpoint_id: The VPC endpoint that clients call it through. Default: the first one of a private API,
            and none for other APIs.
        """
        assert self._emulator, "the local AWS has not been entered"
        vpc_endpoint = vpc_endpoint_id or next(iter(api.vpc_endpoint_ids), None)
        return self._emulator.api_url(f"{api.api_id}-{vpc_endpoint}" if vpc_endpoint else api.api_id, api.stage)

    def invoke_arn(self, api: RestApi) -> str:
        """The resource that covers all POST methods of `api`, for `execute-api:Invoke`."""
        return f"arn:aws:execute-api:{api.region}:{self.account}:{api.api_id}/{api.stage}/POST/*"

    def update_queues(self) -> list[UpdateQueue]:
        """The app's queues that accept updates."""
        return [queue for region in self._regions for queue in writers.update_queues(region, self.client)]

    def grants(self) -> list[Grant]:
        """What the app's roles, users and managed policies may do in Amazon Connect itself."""
        assert self._assembly, "the local AWS has not been entered"
        arns = deployment.principals_and_policies(self._assembly, self.client)
        return list(writers.grants(arns, self.instance_arns, self.client))

    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client for a service of the local AWS, with the root user's credentials."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}),  # ignores those in the user's environment, too
        )

    def create_user(self, name: str, *, may_invoke: str | list[str] | None) -> tuple[str, str]:
        """Create an IAM user. Returns the id and the secret of its access key.

        :param may_invoke: The resources on which it is allowed `execute-api:Invoke`. None: it has no permissions.
        """
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if may_invoke:
            statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": may_invoke}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=name, PolicyName="Invoke", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def _start(self, stack: contextlib.ExitStack) -> None:
        directory = stack.enter_context(run_directory())
        self._assembly = assembly = directory / "assembly"
        temporary = directory / "tmp"
        temporary.mkdir()
        cdk = self._step("found the CDK CLI", lambda: CdkCli(self._app_directory, temporary))
        python = self._step("set up the emulator", lambda: emulator_python(tool_environment()))
        self._connect_server = server = stack.enter_context(ConnectServer(self.connect))
        emulator = stack.enter_context(contextlib.ExitStack())

        def start_emulator(account: str) -> None:
            folder = directory / f"emulator-{account}"
            folder.mkdir()
            self._emulator = emulator.enter_context(Emulator(python, folder, connect_url=server.url, account=account))

        def bootstrap(account: str, region: str) -> None:
            deployment.bootstrap(
                cdk,
                directory,
                self._cli_environment(directory),
                self.client,
                account=account,
                region=region,
                qualifier=self._qualifier,
            )

        # On a second core, the app is synthesised while the emulator starts and is bootstrapped.
        with ThreadPoolExecutor(max_workers=1) as background:
            synthesis = background.submit(
                self._step,
                "synthesised the app",
                lambda: deployment.synthesise(cdk, self._app_directory, assembly, self._context),
            )
            try:
                self._step("started the emulator", lambda: start_emulator(ACCOUNT))
                self._step("bootstrapped it", lambda: bootstrap(ACCOUNT, REGION))
                synthesis.result()
            except BaseException:
                # Whoever presses Ctrl-C does not want to wait for the synthesis. But it must have ended before the
                # directory is removed.
                with uninterrupted():
                    command.end_all()
                    wait([synthesis])
                raise

        self._before_deployment(assembly)
        account, self._regions = deployment.environment_of(assembly)
        bootstrapped = {REGION}
        if account != ACCOUNT:
            # The app's account is known only now, and the emulator's account is fixed at its start.
            emulator.close()
            self._step(f"started it again as account {account}", lambda: start_emulator(account))
            self.account, bootstrapped = account, set()
        for region in self._regions:
            if region not in bootstrapped:
                self._step(f"bootstrapped {region}", functools.partial(bootstrap, account, region))
        self._deploy(cdk, assembly, directory)

    def _deploy(self, cdk: CdkCli, assembly: Path, directory: Path) -> None:
        clients = functools.cache(self.client)
        refused = resource_types.remove_refused_types(assembly, self.account, clients)
        if refused:
            self._report(f"         left out what the emulator does not have: {', '.join(refused)}")
        count = tls.remove_tls_requirements(assembly)
        if count:
            self._report(f"         left out the TLS requirement of queue policies ({count}): the emulator has no TLS")
        environment = self._cli_environment(directory)
        self.outputs = self._step("deployed the app", lambda: deployment.deploy(cdk, assembly, directory, environment))
        count = request_validators.set_request_validators(assembly, clients)
        if count:
            self._report(f"         set request validators ({count}), which the emulator's CloudFormation ignores")
        self.rest_apis = deployment.rest_apis(assembly, clients)
        self.instance_arns = sorted(deployment.bound_instances(clients, self._regions))
        for arn in self.instance_arns:
            self.connect.add_instance(arn)

    def _cli_environment(self, directory: Path) -> dict[str, str]:
        return {
            **ROOT_CREDENTIALS,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # The CDK CLI remembers the account of each access key in this folder; without it, in the user's real home
            # folder, whatever HOME says.
            "CDK_HOME": str(directory / f"cdk-{self.account}"),
        }

    def _step(self, done: str, work: Callable[[], Any]) -> Any:
        started = time.monotonic()
        result = work()
        self._report(f"{time.monotonic() - started:6.1f} s {done}")
        return result


def _demo_context(context: Mapping[str, Any]) -> dict[str, str]:
    """An instance for an app that names none, in the account and Region that the app's context names."""
    if "instance_arn" in context:
        return {}
    account, region = context.get("account", ACCOUNT), context.get("region", REGION)
    return {"instance_arn": f"arn:aws:connect:{region}:{account}:instance/{_DEMO_INSTANCE_ID}"}


def _app_context(app_directory: Path) -> dict[str, Any]:
    """The context in the app's cdk.json. Raises LocalAwsError if the file is missing or malformed."""
    try:
        return cdk_json_context(app_directory)
    except FileNotFoundError:
        raise LocalAwsError(f"no cdk.json in {app_directory}: this is not the folder of a CDK app") from None
    except ValueError as error:
        raise LocalAwsError(str(error)) from None
