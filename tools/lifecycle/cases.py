"""The changes to the options of each construct, as pairs of stacks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from connect_constructs import (
    ApiGatewayAccount,
    ConnectInstance,
    ContactUpdateApi,
    ContactUpdateFunction,
    ContactUpdateFunctionOptions,
    ContactUpdateMonitoring,
    ContactUpdateOperation,
    ContactUpdatePolicy,
    ContactUpdateQueue,
)
from tools.lifecycle.effects import URL_OUTPUT

_ARN = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-12345678901"
_IN_STACK = "us-east-1:111122223333"


class Surroundings:
    """What options refer to. Everything but the queue and the API is imported, and so is not in the template."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @functools.cached_property
    def instance(self) -> ConnectInstance:
        return ConnectInstance.from_instance_arn(self._stack, "Instance", f"{_ARN}2")

    @functools.cached_property
    def other_instance(self) -> ConnectInstance:
        return ConnectInstance.from_instance_arn(self._stack, "OtherInstance", f"{_ARN}3")

    @functools.cached_property
    def queue(self) -> ContactUpdateQueue:
        return ContactUpdateQueue(self._stack, "Around", instance=self.instance)

    @functools.cached_property
    def api(self) -> ContactUpdateApi:
        return ContactUpdateApi(self._stack, "AroundApi", instance=self.instance)

    def key(self, name: str = "one") -> kms.IKey:
        return kms.Key.from_key_arn(self._stack, f"Key-{name}", f"arn:aws:kms:{_IN_STACK}:key/{name}")

    def vpc(self) -> ec2.IVpc:
        return ec2.Vpc.from_vpc_attributes(
            self._stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["us-east-1a", "us-east-1b"],
            private_subnet_ids=["subnet-1", "subnet-2"],
            isolated_subnet_ids=["subnet-3", "subnet-4"],
        )

    def security_group(self) -> ec2.ISecurityGroup:
        return ec2.SecurityGroup.from_security_group_id(self._stack, "SecurityGroup", "sg-1", mutable=False)

    def vpc_endpoint(self, number: str = "1") -> ec2.IInterfaceVpcEndpoint:
        return ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
            self._stack, f"VpcEndpoint{number}", port=443, vpc_endpoint_id=f"vpce-{number}"
        )

    def domain(self, name: str = "updates", base_path: str | None = None) -> apigateway.DomainNameOptions:
        certificate = acm.Certificate.from_certificate_arn(
            self._stack, "Certificate", f"arn:aws:acm:{_IN_STACK}:certificate/1"
        )
        return apigateway.DomainNameOptions(
            domain_name=f"{name}.example.com", certificate=certificate, base_path=base_path
        )

    def authorizer(self) -> apigateway.IAuthorizer:
        function = lambda_.Function.from_function_arn(
            self._stack, "Authorizing", f"arn:aws:lambda:{_IN_STACK}:function:authorizer"
        )
        return apigateway.TokenAuthorizer(self._stack, "Authorizer", handler=function)

    def event_bus(self) -> events.IEventBus:
        return events.EventBus.from_event_bus_arn(self._stack, "Bus", f"arn:aws:events:{_IN_STACK}:event-bus/bus")

    def action(self) -> actions.SnsAction:
        return actions.SnsAction(sns.Topic.from_topic_arn(self._stack, "Topic", f"arn:aws:sns:{_IN_STACK}:topic"))


Arguments = Callable[[Surroundings], Mapping[str, Any]]


class Case(NamedTuple):
    """A change to one option."""

    # The class or method whose option it is.
    owner: Any
    option: str
    # From → to, for the table.
    change: str
    before: Callable[[Stack], None]
    after: Callable[[Stack], None]


@functools.cache
def template(make: Callable[[Stack], None]) -> dict[str, Any]:
    """The template of a stack. The stack's name is in some names and logical ids, so it is always the same."""
    app = App(context={"aws:cdk:disable-asset-staging": True}, analytics_reporting=False, tree_metadata=False)
    stack = Stack(app, "Stack")
    make(stack)
    found: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
    return found


_NAMED = "ContactUpdates"


# Most cases have the same stack before the change: these functions return the same object for it.
@functools.cache
def _api(arguments: Arguments, construct_id: str = _NAMED) -> Callable[[Stack], None]:
    def make(stack: Stack) -> None:
        given = dict(arguments(Surroundings(stack)))
        key = given.pop("add_api_key", None)
        api = ContactUpdateApi(stack, construct_id, **given)
        if key is not None:
            api.add_api_key("Crm", **key)
        CfnOutput(stack, URL_OUTPUT, value=api.endpoint_url)

    return make


@functools.cache
def _other(construct: Any, arguments: Arguments, construct_id: str = _NAMED) -> Callable[[Stack], None]:
    def make(stack: Stack) -> None:
        construct(stack, construct_id, **arguments(Surroundings(stack)))

    return make


# An option, the change for the table, and the arguments before and after.
_Row = tuple[str, str, Arguments, Arguments]


def _defaults(around: Surroundings) -> Mapping[str, Any]:
    return {"instance": around.instance}


def _bound(more: Mapping[str, Any]) -> Arguments:
    return lambda around: {"instance": around.instance, **more}


def _from_default(option: str, change: str, value: Any) -> _Row:
    """A row whose value refers to nothing else in the stack."""
    return option, change, _defaults, _bound({option: value})


def _with(option: str, change: str, value: Callable[[Surroundings], Any], beside: Mapping[str, Any]) -> _Row:
    def after(around: Surroundings) -> Mapping[str, Any]:
        return {"instance": around.instance, **beside, option: value(around)}

    return option, change, _bound(beside) if beside else _defaults, after


_ONE_OPERATION = [ContactUpdateOperation.UPDATE_CONTACT]
_ORIGIN, _OTHER_ORIGIN = "https://crm.example.com", "https://desk.example.com"

_FUNCTION_ROWS: list[_Row] = [
    ("instance", "another instance", _defaults, lambda around: {"instance": around.other_instance}),
    (
        "queue",
        "`instance` → `queue`",
        lambda around: {"instance": around.queue.instance},
        lambda around: {"queue": around.queue},
    ),
    _from_default("operations", "both → one", _ONE_OPERATION),
    _from_default("allow_origins", "none → one", [_ORIGIN]),
    _from_default("allowed_attributes", "none → some", ["tier"]),
    _from_default("allowed_members", "none → some", ["Name"]),
    _from_default("tracing", "`False` → `True`", True),
    _from_default("function_options", "memory; others below", ContactUpdateFunctionOptions(memory_size=1024)),
]
_API_ROWS: list[_Row] = [
    *_FUNCTION_ROWS,
    (
        "allow_origins",
        "one → two",
        _bound({"allow_origins": [_ORIGIN]}),
        _bound({"allow_origins": [_ORIGIN, _OTHER_ORIGIN]}),
    ),
    _with("authorizer", "none → one", lambda around: around.authorizer(), {}),
    _from_default("api_key_required", "`False` → `True`", True),
    _with("vpc_endpoints", "none → one", lambda around: [around.vpc_endpoint()], {}),
    (
        "vpc_endpoints",
        "one → two",
        lambda around: {"instance": around.instance, "vpc_endpoints": [around.vpc_endpoint()]},
        lambda around: {
            "instance": around.instance,
            "vpc_endpoints": [around.vpc_endpoint(), around.vpc_endpoint("2")],
        },
    ),
    (
        "vpc_endpoints",
        "another one",
        lambda around: {"instance": around.instance, "vpc_endpoints": [around.vpc_endpoint()]},
        lambda around: {"instance": around.instance, "vpc_endpoints": [around.vpc_endpoint("2")]},
    ),
    (
        "unsigned_callers",
        "`False` → `True`",
        lambda around: {"instance": around.instance, "vpc_endpoints": [around.vpc_endpoint()]},
        lambda around: {
            "instance": around.instance,
            "vpc_endpoints": [around.vpc_endpoint()],
            "unsigned_callers": True,
        },
    ),
    _from_default("allowed_cidrs", "none → some", ["203.0.113.0/24"]),
    _with("domain_name", "none → one", lambda around: around.domain(), {}),
    (
        "domain_name",
        "another domain",
        lambda around: {"instance": around.instance, "domain_name": around.domain()},
        lambda around: {"instance": around.instance, "domain_name": around.domain("contacts")},
    ),
    (
        "domain_name",
        "another base path",
        lambda around: {"instance": around.instance, "domain_name": around.domain(base_path="one")},
        lambda around: {"instance": around.instance, "domain_name": around.domain(base_path="two")},
    ),
    _from_default("throttling_rate_limit", "10 → 50", 50),
    _from_default("throttling_burst_limit", "15 → 100", 100),
    _from_default("access_log", "`False` → `True`", True),
    _with("access_log_retention", "three months → a year", lambda _: logs.RetentionDays.ONE_YEAR, {"access_log": True}),
    _with("access_log_removal_policy", "retain → destroy", lambda _: RemovalPolicy.DESTROY, {"access_log": True}),
    _with("access_log_encryption_key", "none → one", lambda around: around.key(), {"access_log": True}),
]
_LIMIT = apigateway.ThrottleSettings(rate_limit=5, burst_limit=10)
_QUOTA = apigateway.QuotaSettings(limit=10_000, period=apigateway.Period.DAY)
_KEYED = {"api_key_required": True}
_API_KEY_ROWS: list[_Row] = [
    ("construct_id", "a new key", _bound(_KEYED), _bound({**_KEYED, "add_api_key": {}})),
    (
        "throttle",
        "none → one",
        _bound({**_KEYED, "add_api_key": {}}),
        _bound({**_KEYED, "add_api_key": {"throttle": _LIMIT}}),
    ),
    (
        "quota",
        "none → one",
        _bound({**_KEYED, "add_api_key": {}}),
        _bound({**_KEYED, "add_api_key": {"quota": _QUOTA}}),
    ),
]
_QUEUE_ROWS: list[_Row] = [
    ("instance", "another instance", _defaults, lambda around: {"instance": around.other_instance}),
    _from_default("operations", "both → one", _ONE_OPERATION),
    _from_default("updates_per_second", "7 → 20", 20),
    _from_default("merge_updates", "`True` → `False`", False),
    _with("event_bus", "none → one", lambda around: around.event_bus(), {}),
    _with("encryption_key", "none → one", lambda around: around.key(), {}),
    (
        "encryption_key",
        "another key",
        lambda around: {"instance": around.instance, "encryption_key": around.key()},
        lambda around: {"instance": around.instance, "encryption_key": around.key("other")},
    ),
    _from_default("removal_policy", "retain → destroy", RemovalPolicy.DESTROY),
    _from_default("tracing", "`False` → `True`", True),
    _from_default("function_options", "memory; others below", ContactUpdateFunctionOptions(memory_size=1024)),
]
_THRESHOLDS = {
    "stalled_updates_threshold": 10,
    "rejected_updates_threshold": 10,
    "access_denied_threshold": 10,
    "updates_in_flight_threshold": 40_000,
    "server_errors_threshold": 10,
    "throttled_invocations_threshold": 10,
}


def _both(around: Surroundings) -> Mapping[str, Any]:
    return {"api": around.api, "queue": around.queue}


def _watching(more: Callable[[Surroundings], Mapping[str, Any]]) -> Arguments:
    return lambda around: {**_both(around), **more(around)}


def _constant(value: Mapping[str, Any]) -> Arguments:
    return lambda _: value


_MONITORING_ROWS: list[_Row] = [
    ("api", "none → one", lambda around: {"queue": _both(around)["queue"]}, _both),
    ("queue", "none → one", lambda around: {"api": _both(around)["api"]}, _both),
    ("alarm_actions", "none → one", _both, _watching(lambda around: {"alarm_actions": [around.action()]})),
    *((name, "another number", _both, _watching(_constant({name: value}))) for name, value in _THRESHOLDS.items()),
]


_Options = Callable[[Surroundings], ContactUpdateFunctionOptions]


def _no_options(_: Surroundings) -> ContactUpdateFunctionOptions:
    return ContactUpdateFunctionOptions()


def _option(name: str, change: str, value: Callable[[Surroundings], Any]) -> tuple[str, str, _Options, _Options]:
    return (
        name,
        change,
        _no_options,
        lambda around: ContactUpdateFunctionOptions(**{name: value(around)}),
    )


def _in_vpc(name: str, change: str, value: Callable[[Surroundings], Any]) -> tuple[str, str, _Options, _Options]:
    return (
        name,
        change,
        lambda around: ContactUpdateFunctionOptions(vpc=around.vpc()),
        lambda around: ContactUpdateFunctionOptions(**{"vpc": around.vpc(), name: value(around)}),
    )


_FUNCTION_OPTIONS = [
    _option("memory_size", "512 → 1024 MiB", lambda _: 1024),
    _option("vpc", "none → one", lambda around: around.vpc()),
    _in_vpc("vpc_subnets", "others", lambda _: ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)),
    _in_vpc("security_groups", "a new one → one of yours", lambda around: [around.security_group()]),
    _option("log_retention", "three months → a year", lambda _: logs.RetentionDays.ONE_YEAR),
    _option("log_removal_policy", "retain → destroy", lambda _: RemovalPolicy.DESTROY),
    _option("encryption_key", "none → one", lambda around: around.key()),
    _option("reserved_concurrent_executions", "none → 5", lambda _: 5),
    _option(
        "runtime_management_mode",
        "automatic → with the function",
        lambda _: lambda_.RuntimeManagementMode.FUNCTION_UPDATE,
    ),
]


def _function_option_cases() -> list[Case]:
    """Each option behind an API and behind a queue."""
    timeouts = [
        (ContactUpdateFunction, _option("timeout", "25 → 20 s, behind an API", lambda _: Duration.seconds(20))),
        (ContactUpdateQueue, _option("timeout", "45 → 30 s, behind a queue", lambda _: Duration.seconds(30))),
    ]
    return [
        Case(
            ContactUpdateFunctionOptions,
            name,
            change,
            _other(construct, _with_options(before)),
            _other(construct, _with_options(after)),
        )
        for construct, timeout in timeouts
        for name, change, before, after in [*_FUNCTION_OPTIONS, timeout]
    ]


@functools.cache
def _with_options(options: _Options) -> Arguments:
    return lambda around: {"instance": around.instance, "function_options": options(around)}


def _cases(owner: Any, make: Callable[..., Callable[[Stack], None]], rows: list[_Row]) -> list[Case]:
    return [Case(owner, option, change, make(before), make(after)) for option, change, before, after in rows]


def _renamed(owner: Any, make: Callable[..., Callable[[Stack], None]], arguments: Arguments) -> Case:
    return Case(owner, "construct_id", "another id", make(arguments), make(arguments, "Renamed"))


def _maker(construct: Any) -> Callable[..., Callable[[Stack], None]]:
    return functools.partial(_other, construct)


CASES: list[Case] = [
    *_cases(ContactUpdateApi, _api, _API_ROWS),
    _renamed(ContactUpdateApi, _api, _bound({"api_key_required": True, "access_log": True})),
    *_cases(ContactUpdateApi.add_api_key, _api, _API_KEY_ROWS),
    *_cases(ContactUpdateQueue, _maker(ContactUpdateQueue), _QUEUE_ROWS),
    _renamed(ContactUpdateQueue, _maker(ContactUpdateQueue), _defaults),
    *_function_option_cases(),
    *_cases(ContactUpdateMonitoring, _maker(ContactUpdateMonitoring), _MONITORING_ROWS),
    _renamed(ContactUpdateMonitoring, _maker(ContactUpdateMonitoring), _both),
    *_cases(
        ContactUpdatePolicy,
        _maker(ContactUpdatePolicy),
        [
            ("instance", "another instance", _defaults, lambda around: {"instance": around.other_instance}),
            _from_default("operations", "both → one", _ONE_OPERATION),
        ],
    ),
    _renamed(ContactUpdatePolicy, _maker(ContactUpdatePolicy), _defaults),
    *_cases(ContactUpdateFunction, _maker(ContactUpdateFunction), _FUNCTION_ROWS),
    _renamed(ContactUpdateFunction, _maker(ContactUpdateFunction), _defaults),
    _renamed(ApiGatewayAccount, _maker(ApiGatewayAccount), lambda _: {}),
]
