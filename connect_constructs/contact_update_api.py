"""The REST API in front of the function: authorization, throttle, CORS, gateway responses, access log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import Duration, Names, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from connect_constructs._access_log import access_log_format
from connect_constructs._api_function import ApiFunctionDefinition
from connect_constructs._api_keys import add_limited_api_key
from connect_constructs._custom_domain import check_domain_name, set_security_policy
from connect_constructs._gateway_responses import add_gateway_responses
from connect_constructs._grants import grant_to_identity_or_resource
from connect_constructs._log_group import add_log_group
from connect_constructs._network_bounds import NetworkBounds
from connect_constructs._validation import (
    check_has,
    check_integer,
    check_is,
    check_key,
    check_positive,
    check_removal_policy,
)
from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions
from connect_constructs.contract.service_model import service_model
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

    from connect_constructs.contact_update_queue import ContactUpdateQueue

# Amazon Connect's quota for each of the two operations (Amazon Connect Service API throttling quotas).
_DEFAULT_RATE_LIMIT = 10
_DEFAULT_BURST_LIMIT = 15
# A queue takes bursts.
_QUEUE_RATE_LIMIT = 500
_QUEUE_BURST_LIMIT = 1_000

_INVOKE = "execute-api:Invoke"
_STAGE_NAME = "prod"

# What AWS SDKs in a browser send, apart from headers that need no permission.
_ALLOWED_HEADERS = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-User-Agent",
    "X-Api-Key",
]


class ContactUpdateApi(Construct):
    """An endpoint that speaks Amazon Connect's wire format for UpdateContactAttributes and UpdateContact.

    It is a REST API, regional or private, with the methods `POST /contact/attributes` and
    `POST /contacts/{InstanceId}/{ContactId}`. It answers once Amazon Connect has answered or, with a queue, once the
    queue has the update.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: ConnectInstance | None = None,
        queue: ContactUpdateQueue | None = None,
        operations: Iterable[ContactUpdateOperation] | None = None,
        authorizer: apigateway.IAuthorizer | None = None,
        api_key_required: bool = False,
        vpc_endpoints: Sequence[ec2.IVpcEndpoint] | None = None,
        unsigned_callers: bool = False,
        allowed_cidrs: Sequence[str] | None = None,
        domain_name: apigateway.DomainNameOptions | None = None,
        allow_origins: Sequence[str] | None = None,
        allowed_attributes: Sequence[str] | None = None,
        allowed_members: Sequence[str] | None = None,
        throttling_rate_limit: float | None = None,
        throttling_burst_limit: int | None = None,
        access_log: bool = False,
        access_log_retention: logs.RetentionDays | None = None,
        access_log_removal_policy: RemovalPolicy | None = None,
        access_log_encryption_key: kms.IKey | None = None,
        tracing: bool = False,
        function_options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the endpoint. Exactly one of `instance` and `queue` is required.

        :param instance: The instance whose contacts callers may update. Default: the updates go to `queue`.
        :param queue: The queue that the updates are sent to, which applies them later: the endpoint then answers 202.
            Default: the endpoint updates the contacts of `instance` directly.
        :param operations: The operations that the endpoint offers and its function may call. Default: both operations,
            or those that the queue applies.
        :param authorizer: The authorizer that decides who may call. If it returns `contactIds` in its context, a
            comma-separated list of ids, its caller may only update these contacts; otherwise, any contact. Default:
            callers sign their requests with IAM credentials for the service `execute-api`, and need the permission
            that `grant_update_contact_attributes`, `grant_update_contact` or `grant_updates` gives.
        :param api_key_required: Whether callers must also send an API key, which identifies them but does not
            authorize them. If so, a usage plan without limits and a first key are created; `add_api_key` adds keys
            with limits. Default: no API key is needed.
        :param vpc_endpoints: The interface endpoints of `execute-api` through which the API can be called, and in no
            other way: the API is private. Callers need the same permissions as otherwise. Default: the API is regional,
            and can be called from the internet.
        :param unsigned_callers: Whether whoever reaches `vpc_endpoints`, which are then required, may call without a
            permission and without a signature for `execute-api`. AWS SDKs and the AWS CLI then need no more than the
            endpoint's URL. This assumes that API Gateway does not check their signatures for `connect` under the
            default endpoint policy, as an earlier version of its documentation says. Under a custom endpoint policy, it
            refuses them (API Gateway Developer Guide, "Use VPC endpoint policies for private APIs"). Default: callers
            sign, or the authorizer decides.
        :param allowed_cidrs: The address ranges from which the regional API can be called, such as `203.0.113.0/24`.
            They bound who may call, and let nobody in. Default: it can be called from all addresses.
        :param domain_name: A domain of your own for a regional API, with its certificate. The API's default endpoint is
            then disabled: callers get 403 there. Without `security_policy`, the domain has `TLS_1_2`. The DNS record
            is yours to make. Default: callers use the API's default endpoint.
        :param allow_origins: The origins whose pages may call the endpoint from a browser, such as
            `https://crm.example.com`, or `["*"]` for all origins. Default: no page of another origin can call it.
        :param allowed_attributes: The attribute keys that callers may write with UpdateContactAttributes. An authorizer
            can narrow them for its caller with `allowedAttributes` in its context, a comma-separated list. Default:
            callers may write any attribute.
        :param allowed_members: The members that callers may write with UpdateContact, such as `Name`, or single keys of
            them, such as `References.Ticket` or `SegmentAttributes.connect:Subtype`. An authorizer can narrow them with
            `allowedMembers` in its context. Default: callers may write any member.
        :param throttling_rate_limit: The requests per second that API Gateway lets through for each of the two methods,
            approximately. Default: 10, Amazon Connect's default quota; with a queue, 500.
        :param throttling_burst_limit: The requests that API Gateway lets through at once for each of the two methods.
            Default: 15, Amazon Connect's default quota; with a queue, 1,000.
        :param access_log: Whether API Gateway writes one line of JSON for each request, without bodies and without the
            ids in the path. This needs the account's CloudWatch role for the Region: see `ApiGatewayAccount`. Default:
            no access log; the function's own log says who wrote what.
        :param access_log_retention: How long the access log is kept. Default: three months.
        :param access_log_removal_policy: What happens to the access log's log group when it is removed from the stack,
            or the stack is deleted. Default: the log group is retained, as CDK's own are.
        :param access_log_encryption_key: The KMS key that encrypts the access log. If the key is created in the same
            app, its policy gets the statement that this needs; for an imported key, a warning shows it. Default: a key
            owned by AWS is used.
        :param tracing: Whether AWS X-Ray traces the API's stage and the function, whose role may then send traces. The
            queue's function is traced with the queue's own `tracing`. A trace has the request's URL, with the ids in
            its path, and the caller's address (API Gateway Developer Guide, "AWS X-Ray traces for Amazon API Gateway
            APIs"). Default: no tracing.
        :param function_options: Memory, timeout, VPC and other options of the function. Default: the default of each
            option.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if an argument has a wrong value, or contradicts another.
        """
        definition = ApiFunctionDefinition(
            scope,
            instance=instance,
            queue=queue,
            operations=operations,
            allowed_attributes=allowed_attributes,
            allowed_members=allowed_members,
            allow_origins=allow_origins,
            tracing=tracing,
            function_options=function_options,
            unsigned_callers=unsigned_callers,
        )
        origins = list(allow_origins or [])
        default_rate, default_burst = (
            (_QUEUE_RATE_LIMIT, _QUEUE_BURST_LIMIT) if queue else (_DEFAULT_RATE_LIMIT, _DEFAULT_BURST_LIMIT)
        )
        rate = default_rate if throttling_rate_limit is None else throttling_rate_limit
        burst = default_burst if throttling_burst_limit is None else throttling_burst_limit
        check_positive("throttling_rate_limit", rate)
        check_integer("throttling_burst_limit", burst, 1)
        _check_authorizer(authorizer)
        bounds = NetworkBounds(
            Stack.of(scope),
            vpc_endpoints=vpc_endpoints,
            unsigned_callers=unsigned_callers,
            allowed_cidrs=allowed_cidrs,
            authorizer=authorizer,
            allow_origins=allow_origins,
        )
        check_domain_name(domain_name, vpc_endpoints)
        check_is("api_key_required", api_key_required, bool)
        check_is("access_log", access_log, bool)
        if access_log_retention is not None:
            check_is("access_log_retention", access_log_retention, logs.RetentionDays)
        check_removal_policy("access_log_removal_policy", access_log_removal_policy)
        check_key("access_log_encryption_key", access_log_encryption_key, Stack.of(scope))
        access_log_options = {
            "access_log_retention": access_log_retention,
            "access_log_removal_policy": access_log_removal_policy,
            "access_log_encryption_key": access_log_encryption_key,
        }
        if not access_log and (given := [name for name, value in access_log_options.items() if value is not None]):
            raise ValueError(f"{given[0]}: expected access_log=True as well, got access_log=False")
        super().__init__(scope, construct_id)

        self._queue = queue
        self._operations = definition.operations
        self._updated_instance = definition.updated_instance
        self._vpc_endpoints = bounds.vpc_endpoints
        self._domain_name = domain_name
        self._has_authorizer = authorizer is not None
        self._has_unsigned_callers = unsigned_callers
        self._function = definition.add_to(Construct(self, "Function"))
        self._access_log_group: logs.LogGroup | None = None
        if access_log:
            self._access_log_group = add_log_group(
                self,
                "AccessLog",
                retention=access_log_retention,
                removal_policy=access_log_removal_policy,
                encryption_key=access_log_encryption_key,
            )
        self._rest_api = apigateway.RestApi(
            self,
            "RestApi",
            # API names need not be unique, so two copies of a stack can be deployed side by side. This one is unique,
            # because the API's metrics have it as their dimension.
            rest_api_name=Names.unique_resource_name(self, separator="-"),
            description="Updates of Amazon Connect contacts",
            endpoint_types=None if bounds.private_endpoint else [apigateway.EndpointType.REGIONAL],
            endpoint_configuration=bounds.private_endpoint,
            domain_name=domain_name,
            disable_execute_api_endpoint=True if domain_name else None,
            # There is one role for all APIs of an account and Region: ApiGatewayAccount sets it.
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=_STAGE_NAME,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
                tracing_enabled=tracing or None,
                access_log_destination=(
                    apigateway.LogGroupLogDestination(self._access_log_group) if self._access_log_group else None
                ),
                access_log_format=access_log_format() if self._access_log_group else None,
            ),
        )
        # Outputs are for the stack's author to define; this one also ends with a slash, which some clients double.
        self._rest_api.node.try_remove_child("Endpoint")
        if domain_name:
            set_security_policy(self._rest_api)
        add_gateway_responses(
            self._rest_api, origins, has_authorizer=authorizer is not None, api_key_required=api_key_required
        )
        self._has_preflight = bool(origins)
        self._methods = self._add_methods(authorizer, unsigned_callers, api_key_required, origins)
        if denial := bounds.denial():
            self._rest_api.add_to_resource_policy(denial)
            self._let_preflights_pass()
            if unsigned_callers or _is_cognito(authorizer):
                self._let_everybody_pass("POST")
        self._api_key: apigateway.IApiKey | None = None
        self._usage_plan: apigateway.UsagePlan | None = None
        if api_key_required:
            self._api_key, self._usage_plan = self._add_api_key()

    def _add_methods(
        self,
        authorizer: apigateway.IAuthorizer | None,
        unsigned_callers: bool,
        api_key_required: bool,
        origins: list[str],
    ) -> dict[ContactUpdateOperation, apigateway.Method]:
        integration = apigateway.LambdaIntegration(
            self._function, allow_test_invoke=False, timeout=Duration.seconds(29)
        )
        own_type = apigateway.AuthorizationType.NONE if unsigned_callers else apigateway.AuthorizationType.IAM
        methods = {}
        for operation in self._operations:
            http = service_model()["operations"][operation.value]["http"]
            resource = self._rest_api.root.resource_for_path(http["requestUri"])
            methods[operation] = resource.add_method(
                http["method"],
                integration,
                authorizer=authorizer,
                authorization_type=None if authorizer else own_type,
                api_key_required=api_key_required,
            )
            if origins:
                resource.add_cors_preflight(
                    allow_origins=origins,
                    allow_methods=[http["method"]],
                    allow_headers=_ALLOWED_HEADERS,
                    max_age=Duration.hours(1),
                )
        return methods

    def _add_api_key(self) -> tuple[apigateway.IApiKey, apigateway.UsagePlan]:
        plan = self._rest_api.add_usage_plan(
            "UsagePlan", api_stages=[apigateway.UsagePlanPerApiStage(stage=self._rest_api.deployment_stage)]
        )
        key = self._rest_api.add_api_key("ApiKey")
        plan.add_api_key(key)
        return key, plan

    @property
    def rest_api(self) -> apigateway.RestApi:
        """The REST API, with its metrics."""
        return self._rest_api

    @property
    def function(self) -> lambda_.Function:
        """The Lambda function behind the API, with its role, log group and metrics."""
        return self._function

    @property
    def queue(self) -> ContactUpdateQueue | None:
        """The queue that the updates are sent to, or None if the endpoint updates contacts directly."""
        return self._queue

    @property
    def access_log_group(self) -> logs.LogGroup | None:
        """The log group of the access log, or None without an access log."""
        return self._access_log_group

    @property
    def api_key(self) -> apigateway.IApiKey | None:
        """The first API key, or None without `api_key_required`."""
        return self._api_key

    @property
    def usage_plan(self) -> apigateway.UsagePlan | None:
        """The usage plan of the first API key, or None without `api_key_required`."""
        return self._usage_plan

    def add_api_key(
        self,
        construct_id: str,
        *,
        throttle: apigateway.ThrottleSettings | None = None,
        quota: apigateway.QuotaSettings | None = None,
    ) -> apigateway.RateLimitedApiKey:
        """Add an API key for one caller, with a usage plan of its own.

        API Gateway applies a plan's limits to each of its keys, approximately (API Gateway Developer Guide, "Usage
        plans and API keys for REST APIs").

        :param throttle: The requests per second that this key may make, and at once. Default: only the API's own
            throttle limits it.
        :param quota: The requests that this key may make in a day, a week or a month. Default: there is no quota.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if the API was created without `api_key_required=True`, or if a limit is wrong.
        """
        if self._usage_plan is None:
            raise ValueError("expected an API with api_key_required=True, got one that needs no key")
        return add_limited_api_key(
            self, construct_id, stage=self._rest_api.deployment_stage, throttle=throttle, quota=quota
        )

    @property
    def endpoint_url(self) -> str:
        """The URL that clients use as their endpoint, without a trailing slash, which some clients would double.

        With `domain_name`, it is the domain with its base path. With `vpc_endpoints`, it is the first of
        `endpoint_urls`.
        """
        return self.endpoint_urls[0]

    @property
    def endpoint_urls(self) -> list[str]:
        """The URLs of the endpoint: one for each of `vpc_endpoints`, in their order, or else the only one.

        The URLs of a private API need neither private DNS nor a Host header (API Gateway Developer Guide, "Invoke a
        private API").
        """
        if self._domain_name:
            parts = (self._domain_name.domain_name, self._domain_name.base_path)
            return [f"https://{'/'.join(part for part in parts if part)}"]
        stack, stage = Stack.of(self._rest_api), self._rest_api.deployment_stage
        api_id = self._rest_api.rest_api_id
        names = [f"{api_id}-{endpoint.vpc_endpoint_id}" for endpoint in self._vpc_endpoints] or [api_id]
        return [f"https://{name}.execute-api.{stack.region}.{stack.url_suffix}/{stage.stage_name}" for name in names]

    @property
    def invoke_arn_pattern(self) -> str:
        """The resource of `execute-api:Invoke` that covers both methods, for policies written by hand."""
        return self._rest_api.arn_for_execute_api("POST", "/*", self._rest_api.deployment_stage.stage_name)

    def grant_update_contact_attributes(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call UpdateContactAttributes on this endpoint; see `grant_updates`.

        :raises TypeError: if `grantee` is not a principal.
        :raises ValueError: as `grant_updates` does, or if the endpoint does not offer the operation.
        """
        return self._grant(grantee, ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES)

    def grant_update_contact(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call UpdateContact on this endpoint; see `grant_updates`.

        :raises TypeError: if `grantee` is not a principal.
        :raises ValueError: as `grant_updates` does, or if the endpoint does not offer the operation.
        """
        return self._grant(grantee, ContactUpdateOperation.UPDATE_CONTACT)

    def grant_updates(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call all operations that this endpoint offers.

        An identity of this account gets the statement in its own policy. Another account, an identity of another
        account or an organization is named in the API's resource policy; an identity of another account also needs
        the permission of its own account (API Gateway Developer Guide, "API Gateway authorization flow").

        :raises TypeError: if `grantee` is not a principal.
        :raises ValueError: if the API has an authorizer or unsigned callers, because the grant would have no effect, or
            if `grantee` is everybody or an AWS service: services call with a role.
        """
        return self._grant(grantee, *self._operations)

    def _grant(self, grantee: iam.IGrantable, *operations: ContactUpdateOperation) -> iam.Grant:
        if self._has_authorizer:
            raise ValueError(
                "expected an API with IAM authorization, got one with an authorizer: the authorizer decides who may "
                "call, and a grant would have no effect"
            )
        if self._has_unsigned_callers:
            raise ValueError(
                "expected an API with IAM authorization, got one with unsigned_callers: whoever reaches its VPC "
                "endpoints may call, and a grant would have no effect"
            )
        if absent := [operation.value for operation in operations if operation not in self._methods]:
            raise ValueError(f"expected an operation that the endpoint offers, got {', '.join(absent)}")
        grant = grant_to_identity_or_resource(
            grantee,
            actions=[_INVOKE],
            resource_arns=[self._methods[operation].method_arn for operation in operations],
            resource=self._rest_api,
            resource_self_arns=[_own_arn("POST", operation) for operation in operations],
            services_may_call=False,
        )
        if grant.resource_statements:
            self._let_preflights_pass()
        return grant

    def _let_preflights_pass(self) -> None:
        """Allow OPTIONS in the API's resource policy, once there is one."""
        if self._has_preflight:
            self._has_preflight = False
            self._let_everybody_pass("OPTIONS")

    def _let_everybody_pass(self, http_method: str) -> None:
        """Allow these methods in the API's resource policy, which must allow what IAM does not authorize.

        A Lambda authorizer's methods do not need it (API Gateway Developer Guide, "API Gateway authorization flow").
        """
        self._rest_api.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=[_INVOKE],
                resources=[_own_arn(http_method, operation) for operation in self._operations],
            )
        )


def _own_arn(http_method: str, operation: ContactUpdateOperation) -> str:
    """A method of the API as its own resource policy names it: the API's ARN would be a circular reference."""
    path = re.sub(r"{\w+}", "*", service_model()["operations"][operation.value]["http"]["requestUri"])
    return f"execute-api:/{_STAGE_NAME}/{http_method}{path}"


def _check_authorizer(authorizer: apigateway.IAuthorizer | None) -> None:
    if authorizer is None:
        return
    check_has("authorizer", authorizer, "authorizer_id", "an authorizer of Amazon API Gateway")
    # With an authorizer that does not tell its type, CDK makes the methods open to everybody.
    if authorizer.authorization_type in (None, apigateway.AuthorizationType.NONE):
        raise ValueError("authorizer: expected one with an authorization_type, got one without")


def _is_cognito(authorizer: apigateway.IAuthorizer | None) -> bool:
    return authorizer is not None and authorizer.authorization_type == apigateway.AuthorizationType.COGNITO
