"""API keys with a usage plan each, so that each has its own rate and quota."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from connect_constructs._validation import check_integer, check_is, check_positive


def add_limited_api_key(
    scope: Construct,
    construct_id: str,
    *,
    stage: apigateway.Stage,
    throttle: apigateway.ThrottleSettings | None,
    quota: apigateway.QuotaSettings | None,
) -> apigateway.RateLimitedApiKey:
    """Add a key for `stage` and its usage plan to `scope`. Raises TypeError or ValueError."""
    if throttle is not None:
        check_is("throttle", throttle, apigateway.ThrottleSettings)
        if throttle.rate_limit is not None:
            check_positive("throttle.rate_limit", throttle.rate_limit)
        if throttle.burst_limit is not None:
            check_integer("throttle.burst_limit", throttle.burst_limit, 1)
    if quota is not None:
        check_is("quota", quota, apigateway.QuotaSettings)
        # CloudFormation would only find out at deployment.
        if quota.limit is None or quota.period is None:
            raise ValueError("quota: expected a limit and a period, got one without")
        check_integer("quota.limit", quota.limit, 1)
    return apigateway.RateLimitedApiKey(
        scope,
        construct_id,
        api_stages=[apigateway.UsagePlanPerApiStage(stage=stage)],
        throttle=throttle,
        quota=quota,
    )
