"""The REST proxy in front of the function: authorization, throttle, CORS, gateway responses, access log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import Duration, Names, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from connect_constructs._gateway_responses import add_gateway_responses
from connect_constructs._grants import grant_to_identity_or_resource
from connect_constructs._validation import check_has, check_integer, check_is, check_origins, check_positive
from connect_constructs.contact_update_function import ContactUpdateFunction, offered_operations, target_instance
from connect_constructs.contract.service_model import service_model
from connect_constructs.handler_function import ContactUpdateFunctionOptions
from connect_constructs.instance import ConnectInstance
from connect_constructs.operation import ContactUpdateOperation

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

    from connect_constructs.contact_update_queue import ContactUpdateQueue

# Amazon Connect's quota for each of the two operations (Amazon Connect Service API throttling quotas).
_DEFAULT_RATE_LIMIT = 10
_DEFAULT_BURST_LIMIT = 15
# A queue takes bursts.
_QUEUE_RATE_LIMIT = 500
_QUEUE_BURST_LIMIT = 1_000

_INVOKE = "execute-api:Invoke"
_STAGE_NAME = "prod"

# What AWS SDKs in a browser send besides the headers that need no permission.
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

# The path but not its labels, the error but not its validation message: those hold what the caller sent.
_ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod",
    "resourcePath": "$context.resourcePath",
    "status": "$context.status",
    "responseType": "$context.error.responseType",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationStatus": "$context.integration.status",
    "integrationLatency": "$context.integration.latency",
    "sourceIp": "$context.identity.sourceIp",
    "userArn": "$context.identity.userArn",
    "apiKeyId": "$context.identity.apiKeyId",
    "authorizerPrincipalId": "$context.authorizer.principalId",
}


class ContactUpdateApi(Construct):
    """An endpoint that speaks Amazon Connect's wire format for UpdateContactAttributes and UpdateContact.

    `POST /contact/attributes` and `POST /contacts/{InstanceId}/{ContactId}` on a regional REST API. It answers when
    Amazon Connect has answered; with a queue, when the queue has the update.
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
        allow_origins: Sequence[str] | None = None,
        allowed_attributes: Sequence[str] | None = None,
        throttling_rate_limit: float | None = None,
        throttling_burst_limit: int | None = None,
        access_log: bool = False,
        access_log_retention: logs.RetentionDays | None = None,
        function_options: ContactUpdateFunctionOptions | None = None,
    ) -> None:
        """Create the endpoint. It takes exactly one of `instance` and `queue`.

        :param instance: The instance whose contacts callers may update.
        :param queue: Takes the updates instead, and applies them later: the answer is then 202.
        :param operations: What the endpoint offers, and its function may do. Default: both operations, or those that
            the queue applies.
        :param authorizer: Decides who may call. An authorizer that returns `contactIds` in its context, a text of ids
            with commas, limits its caller to these contacts; without it, a caller may update any. Default: callers
            sign their requests with IAM credentials for the service `execute-api`, and need the permission that
            `grant_update_contact_attributes`, `grant_update_contact` or `grant_updates` gives.
        :param api_key_required: Whether callers must also send an API key, which identifies but does not authorize.
            If so, a usage plan and a first key are created. Default: they send none.
        :param allow_origins: The origins, such as `https://crm.example.com`, whose pages may call from a browser;
            `["*"]` for all. Default: pages of other origins cannot call.
        :param allowed_attributes: The keys that callers may write by UpdateContactAttributes. What UpdateContact writes
            is not limited by it. Default: they may write any.
        :param throttling_rate_limit: Requests a second that API Gateway lets through, for each of the two methods,
            approximately. Default: 10, Amazon Connect's default quota; 500 with a queue.
        :param throttling_burst_limit: Requests that it lets through at once. Default: 15, likewise; 1,000 with a
            queue.
        :param access_log: Whether API Gateway writes one line of JSON a request, without bodies and path labels. It
            needs the account's CloudWatch role for the Region: see `ApiGatewayAccount`. Default: it writes none; who
            wrote what stands in the function's own log line.
        :param access_log_retention: How long those lines are kept. Default: three months.
        :param function_options: Memory, timeout, VPC and the like of the function. Default: each has its default.
        :raises ValueError: if an argument is out of its range.
        """
        target_instance(instance, queue)
        origins = list(allow_origins or [])
        check_origins(allow_origins or [])
        default_rate, default_burst = (
            (_QUEUE_RATE_LIMIT, _QUEUE_BURST_LIMIT) if queue else (_DEFAULT_RATE_LIMIT, _DEFAULT_BURST_LIMIT)
        )
        rate = default_rate if throttling_rate_limit is None else throttling_rate_limit
        burst = default_burst if throttling_burst_limit is None else throttling_burst_limit
        check_positive("throttling_rate_limit", rate)
        check_integer("throttling_burst_limit", burst, 1)
        _check_authorizer(authorizer)
        check_is("api_key_required", api_key_required, bool)
        check_is("access_log", access_log, bool)
        if access_log_retention is not None:
            check_is("access_log_retention", access_log_retention, logs.RetentionDays)
            if not access_log:
                raise ValueError("access_log_retention: expected access_log=True beside it, got none")
        offered = offered_operations(operations, queue)
        super().__init__(scope, construct_id)

        self._operations = offered
        self._has_iam_authorization = authorizer is None
        self._function = ContactUpdateFunction(
            self,
            "Function",
            instance=instance,
            queue=queue,
            operations=offered,
            allowed_attributes=allowed_attributes,
            allow_origins=origins,
            options=function_options,
        )
        self._log_group = self._access_log_group(access_log_retention, function_options) if access_log else None
        self._rest_api = apigateway.RestApi(
            self,
            "RestApi",
            # No physical name: API Gateway takes several APIs of one name. It is unique because metrics go by it.
            rest_api_name=Names.unique_resource_name(self, separator="-"),
            description="Updates of Amazon Connect contacts",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The role is one for all APIs of an account and Region: ApiGatewayAccount sets it.
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=_STAGE_NAME,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
                access_log_destination=(
                    apigateway.LogGroupLogDestination(self._log_group) if self._log_group else None
                ),
                access_log_format=_access_log_format() if self._log_group else None,
            ),
        )
        # The stack's outputs are its author's; this one also ends with the slash that some clients double.
        self._rest_api.node.try_remove_child("Endpoint")
        add_gateway_responses(
            self._rest_api, origins, has_authorizer=authorizer is not None, api_key_required=api_key_required
        )
        self._has_preflight = bool(origins)
        self._methods = self._add_methods(authorizer, api_key_required, origins)
        self._api_key: apigateway.IApiKey | None = None
        self._usage_plan: apigateway.UsagePlan | None = None
        if api_key_required:
            self._api_key, self._usage_plan = self._add_api_key()

    def _access_log_group(
        self, retention: logs.RetentionDays | None, options: ContactUpdateFunctionOptions | None
    ) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "AccessLog",
            retention=retention or logs.RetentionDays.THREE_MONTHS,
            removal_policy=options.log_removal_policy if options else None,
            encryption_key=options.encryption_key if options else None,
        )

    def _add_methods(
        self, authorizer: apigateway.IAuthorizer | None, api_key_required: bool, origins: list[str]
    ) -> dict[ContactUpdateOperation, apigateway.Method]:
        integration = apigateway.LambdaIntegration(
            self._function.function, allow_test_invoke=False, timeout=Duration.seconds(29)
        )
        methods = {}
        for operation in self._operations:
            http = service_model()["operations"][operation.value]["http"]
            resource = self._rest_api.root.resource_for_path(http["requestUri"])
            methods[operation] = resource.add_method(
                http["method"],
                integration,
                authorizer=authorizer,
                authorization_type=None if authorizer else apigateway.AuthorizationType.IAM,
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
        """The REST API."""
        return self._rest_api

    @property
    def function(self) -> ContactUpdateFunction:
        """The function behind the API, with its log group and metrics."""
        return self._function

    @property
    def log_group(self) -> logs.LogGroup | None:
        """The access log's group; None without an access log."""
        return self._log_group

    @property
    def api_key(self) -> apigateway.IApiKey | None:
        """The first API key; None without `api_key_required`."""
        return self._api_key

    @property
    def usage_plan(self) -> apigateway.UsagePlan | None:
        """The usage plan, to which further keys can be added; None without `api_key_required`."""
        return self._usage_plan

    @property
    def endpoint_url(self) -> str:
        """The URL that clients take as their endpoint, without a trailing slash: some clients would double it."""
        stack, stage = Stack.of(self._rest_api), self._rest_api.deployment_stage
        return f"https://{self._rest_api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}/{stage.stage_name}"

    @property
    def invoke_arn_pattern(self) -> str:
        """The resource of `execute-api:Invoke` that covers both methods, for policies written by hand."""
        return self._rest_api.arn_for_execute_api("POST", "/*", self._rest_api.deployment_stage.stage_name)

    def grant_update_contact_attributes(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call UpdateContactAttributes on this endpoint: see `grant_updates`.

        :raises ValueError: as `grant_updates` does, or if the endpoint does not offer the operation.
        """
        return self._grant(grantee, ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES)

    def grant_update_contact(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call UpdateContact on this endpoint: see `grant_updates`.

        :raises ValueError: as `grant_updates` does, or if the endpoint does not offer the operation.
        """
        return self._grant(grantee, ContactUpdateOperation.UPDATE_CONTACT)

    def grant_updates(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow `grantee` to call all operations that this endpoint offers.

        It may be an identity of this account, which gets the statement in its own policy, or another account, one of
        its roles or an organization, which the API's resource policy then names. An identity of another account also
        needs the permission of its own account (API Gateway Developer Guide, "API Gateway authorization flow").

        :raises ValueError: if the API has an authorizer, which decides by itself, or if `grantee` is everybody or an
            AWS service, which calls with a role.
        """
        return self._grant(grantee, *self._operations)

    def metric_requests(self, *, period: Duration | None = None, statistic: str | None = None) -> cloudwatch.Metric:
        """How many requests came; the number of samples over 5 minutes, unless told otherwise."""
        return self._rest_api.metric_count(period=period, statistic=statistic)

    def metric_client_errors(
        self, *, period: Duration | None = None, statistic: str | None = None
    ) -> cloudwatch.Metric:
        """How many were answered with a 4xx, throttles among them; the sum over 5 minutes, unless told otherwise."""
        return self._rest_api.metric_client_error(period=period, statistic=statistic)

    def metric_server_errors(
        self, *, period: Duration | None = None, statistic: str | None = None
    ) -> cloudwatch.Metric:
        """How many were answered with a 5xx; the sum over 5 minutes, unless told otherwise."""
        return self._rest_api.metric_server_error(period=period, statistic=statistic)

    def metric_latency(self, *, period: Duration | None = None, statistic: str | None = None) -> cloudwatch.Metric:
        """How many milliseconds an answer took; the average over 5 minutes, unless told otherwise."""
        return self._rest_api.metric_latency(period=period, statistic=statistic)

    def _grant(self, grantee: iam.IGrantable, *operations: ContactUpdateOperation) -> iam.Grant:
        if not self._has_iam_authorization:
            raise ValueError(
                "expected an API with IAM authorization, got one with an authorizer: the authorizer decides who may "
                "call, and a grant would have no effect"
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
        """Allow OPTIONS in the API's resource policy: with a policy, an open method needs it to say so.

        API Gateway Developer Guide, "API Gateway authorization flow".
        """
        if self._has_preflight:
            self._has_preflight = False
            self._rest_api.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.AnyPrincipal()],
                    actions=[_INVOKE],
                    resources=[_own_arn("OPTIONS", operation) for operation in self._operations],
                )
            )


def _own_arn(http_method: str, operation: ContactUpdateOperation) -> str:
    """A method of the API, as its own resource policy names it: the API's ARN there would make a circle."""
    path = re.sub(r"{\w+}", "*", service_model()["operations"][operation.value]["http"]["requestUri"])
    return f"execute-api:/{_STAGE_NAME}/{http_method}{path}"


def _check_authorizer(authorizer: apigateway.IAuthorizer | None) -> None:
    if authorizer is None:
        return
    check_has("authorizer", authorizer, "authorizer_id", "an authorizer of Amazon API Gateway")
    # CDK makes a method open to everybody of an authorizer that does not say its type.
    if authorizer.authorization_type in (None, apigateway.AuthorizationType.NONE):
        raise ValueError("authorizer: expected one with an authorization_type, got one without")


def _access_log_format() -> apigateway.AccessLogFormat:
    fields = ",".join(f'"{name}":"{variable}"' for name, variable in _ACCESS_LOG_FIELDS.items())
    return apigateway.AccessLogFormat.custom(f"{{{fields}}}")
