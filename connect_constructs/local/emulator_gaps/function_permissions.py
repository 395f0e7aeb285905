"""API Gateway needs a permission in the function's policy, for the calling method or for the authorizer.

Without it, a call is a 500 through API_CONFIGURATION_ERROR with nothing but "Internal server error" (re:Post knowledge
centre, "How do I resolve 'Invalid permissions on Lambda function' errors from API Gateway REST APIs?"; an access log in
sal-blog.com, "IAM認証のAPI Gateway での500エラー", shows the response type). An authorizer without it is an
AUTHORIZER_CONFIGURATION_ERROR (API Gateway Developer Guide, "Gateway response types"). The emulator requires none.
"""

from __future__ import annotations

from typing import Any

from ministack.core.arn import execute_api_arn
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.services import apigateway_v1, lambda_svc

_SERVICE = "apigateway.amazonaws.com"


def close() -> None:
    """Require the permission."""
    invoke, invoke_authorizer = apigateway_v1._invoke_lambda_proxy_v1, apigateway_v1._invoke_authorizer_lambda

    async def invoked(
        integration: dict[str, Any],
        api_id: str,
        stage_name: str,
        stage: Any,
        resource: dict[str, Any],
        path: str,
        method: str,
        *arguments: Any,
        owner_account_id: str,
        owner_region: str,
        **options: Any,
    ) -> Any:
        source = execute_api_arn(owner_region, owner_account_id, api_id, stage_name, method, resource["path"])
        # With credentials, API Gateway assumes that role instead.
        if not integration.get("credentials") and not _may_invoke(
            integration.get("uri", ""), source, owner_account_id, owner_region
        ):
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        account = {"owner_account_id": owner_account_id, "owner_region": owner_region}
        return await invoke(
            integration, api_id, stage_name, stage, resource, path, method, *arguments, **account, **options
        )

    async def invoked_authorizer(authorizer: dict[str, Any], event: dict[str, Any], account: str, region: str) -> Any:
        api = event["methodArn"].partition("/")[0]
        source = f"{api}/authorizers/{authorizer['id']}"
        if not authorizer.get("authorizerCredentials") and not _may_invoke(
            authorizer.get("authorizerUri", ""), source, account, region
        ):
            return None  # as if the function did not exist
        return await invoke_authorizer(authorizer, event, account, region)

    apigateway_v1._invoke_lambda_proxy_v1, apigateway_v1._invoke_authorizer_lambda = invoked, invoked_authorizer


def _may_invoke(uri: str, source: str, account: str, region: str) -> bool:
    """Whether the function's policy lets `source` invoke it. True also if the function does not exist."""
    reference = apigateway_v1._extract_lambda_ref_from_integration_uri(uri)
    function, configuration, _ = lambda_svc._get_func_record_for_ref_in_scope(
        reference, account_id=account, region=region
    )
    if function is None or configuration is None:
        return True
    context = EvalContext(
        "*",
        "Service",
        "",
        "lambda:InvokeFunction",
        configuration["FunctionArn"],
        region,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
    )
    return bool(evaluate_resource_policy(function["policy"], context, service=_SERVICE).decision == "Allow")
