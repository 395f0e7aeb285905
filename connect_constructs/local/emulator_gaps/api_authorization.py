"""Who may call a method of a REST API, decided as API Gateway does and refused through its gateway responses.

API Gateway Developer Guide, "How API Gateway resource policies affect authorization workflow":

- IAM: identity and resource policy are evaluated together. In the API's account an Allow in either is enough (table A);
  across accounts both must allow (table B). A Deny in either wins.
- Methods without authorization (including OPTIONS), and Cognito methods once the token is accepted: if there is a
  resource policy, it must allow the call.
- Lambda authorizers: a Deny in the resource policy comes first. Then the authorizer's policy and the resource policy
  are evaluated together, as in table A.
- The resource policy is the one of the stage's deployment: a change takes effect with the next deployment (same guide,
  "Create and attach an API Gateway resource policy to an API").

A caller whom IAM denies gets ACCESS_DENIED; wrong and expired credentials get their own gateway responses (same guide,
"Gateway response types"; texts: re:Post knowledge centre, "How do I troubleshoot HTTP 403 errors from API Gateway?").
That an unknown access key gets DEFAULT_4XX is what the emulator claims. A signature for another service or Region is an
InvalidSignatureException (aws-sdk-js#3571, aws-sdk-js-v3#1831: "Credential should be scoped to correct service"); that
its response type is INVALID_SIGNATURE, and that the scope is checked before the signature, are guesses. An unknown path
is MISSING_AUTHENTICATION_TOKEN, but wrong credentials are reported first (recorded responses:
IncompleteSignatureException for a Bearer token at an unknown path).

A call through a VPC endpoint (see `private_apis`) has `aws:SourceVpce`, `aws:SourceVpc` and `aws:VpcSourceIp`, and no
`aws:SourceIp`; other calls have that one only (same guide, "AWS condition keys that can be used in API Gateway resource
policies").

The endpoint's own policy comes first, if it is not the default one (same guide, "Use VPC endpoint policies for private
APIs"): a caller without a signature, or with a token in its place, is anonymous; a valid signature makes its owner the
caller, also for an open method; and an invalid one is refused. That this means one for another service, too, and that
such refusals are gateway responses, are guesses.

The emulator refuses a denied caller before API Gateway is reached, with the caller's ARN in the message; accepts
signatures for any service; does not find an API for callers from other accounts; lets root users in whatever a policy
says; evaluates no policy where there is an authorizer; and applies a changed policy at once.
"""

from __future__ import annotations

import json
import os
import re
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from ministack import app as emulator
from ministack.core import iam_evaluator, router, sigv4
from ministack.core.arn import execute_api_arn
from ministack.core.iam_evaluator import AuthError, EvalContext, EvalResult
from ministack.core.responses import _account_from_sts_session, request_scope
from ministack.services import apigateway_v1
from private_apis import VpcEndpoint, vpc_endpoint

Headers = dict[str, str]
Query = dict[str, list[str]]
# API Gateway's error, or None; and what the authorizer returns about the caller.
Outcome = tuple[Any, dict[str, Any] | None]

_ACTION = "execute-api:Invoke"
_ACCOUNT = re.compile(r"\d{12}")

# The resource policy at the time of each deployment, by API and deployment.
_policies: dict[tuple[str, str], str] = {}
# Whether the resource policy allows the request that an authorizer is about to judge.
_is_allowed_by_policy: ContextVar[bool] = ContextVar("is_allowed_by_policy", default=False)


def close() -> None:
    """Let API Gateway itself decide, instead of the emulator's check before it."""
    _leave_rest_apis_to_themselves()
    _find_apis_of_all_accounts()
    _keep_deployed_policies()
    _check_credentials_at_unknown_paths()
    apigateway_v1._authorize_request_v1 = _authorizing(apigateway_v1._authorize_request_v1)
    _let_the_policy_complete_an_authorizers()
    _identify_callers_of_all_accounts()


def _leave_rest_apis_to_themselves() -> None:
    enforce = emulator._enforce_execute_api

    def enforced(api_id: str, *arguments: Any, **options: Any) -> Any:
        is_rest = apigateway_v1.find_api_scope(api_id) is not None
        return None if is_rest else enforce(api_id, *arguments, **options)

    emulator._enforce_execute_api = enforced


def _find_apis_of_all_accounts() -> None:
    def find_api_scope(api_id: str) -> tuple[str, str] | None:
        found = (
            (account, region) for (account, region, id_), _ in apigateway_v1._rest_apis.all_items() if id_ == api_id
        )
        return next(found, None)

    apigateway_v1.find_api_scope = find_api_scope


def _keep_deployed_policies() -> None:
    create = apigateway_v1._create_deployment

    def created(api_id: str, data: dict[str, Any]) -> Any:
        answer = create(api_id, data)
        if answer[0] == 201:
            policy = apigateway_v1._rest_apis.get(api_id).get("policy") or ""
            text = policy if isinstance(policy, str) else json.dumps(policy)
            _policies[api_id, json.loads(answer[2])["id"]] = text
        return answer

    apigateway_v1._create_deployment = created


def _check_credentials_at_unknown_paths() -> None:
    execute = apigateway_v1._execute_in_scope

    async def executed(request: dict[str, Any], *arguments: Any) -> Any:
        answer = await execute(request, *arguments)
        is_unknown = getattr(answer, "response_type", None) == "MISSING_AUTHENTICATION_TOKEN"
        if is_unknown and not request["resource_path"]:
            headers, query, region = request["headers"], request["query_params"], arguments[-1]
            if _has_credentials(headers, query):
                error = _authenticated(headers, query, region)
                return _refusal(error) if isinstance(error, AuthError) else answer
        return answer

    apigateway_v1._execute_in_scope = executed


def _authorizing(authorize: Any) -> Any:
    async def authorized(
        api_id: str,
        stage_name: str,
        method: dict[str, Any],
        verb: str,
        path: str,
        resource: Any,
        headers: Headers,
        body: bytes,
        query: Query,
        path_parameters: Any,
        stage: dict[str, Any],
        account: str,
        region: str,
    ) -> Outcome:
        arn = execute_api_arn(region, account, api_id, stage_name, verb, path)
        endpoint = vpc_endpoint()
        refused = _endpoint_policy_error(endpoint, arn, headers, query) if endpoint and endpoint.policy else None
        if refused:
            return refused, None
        policy = _expanded(_policies.get((api_id, stage.get("deploymentId", "")), ""), arn)
        kind = (method.get("authorizationType") or "NONE").upper()
        if kind == "AWS_IAM":
            return _iam_error(arn, policy, headers, query), None
        anonymous = _context(None, arn)
        decision = iam_evaluator.evaluate_resource_policy(policy, anonymous).decision if policy else None
        if kind == "NONE" or (kind == "CUSTOM" and decision == "Deny"):
            return _anonymous_error(arn, decision), None
        # Used only where a Lambda authorizer's policy is evaluated.
        _is_allowed_by_policy.set(decision == "Allow")
        error, caller = await authorize(
            api_id,
            stage_name,
            method,
            verb,
            path,
            resource,
            headers,
            body,
            query,
            path_parameters,
            stage,
            account,
            region,
        )
        if not error and kind == "COGNITO_USER_POOLS":
            error = _anonymous_error(arn, decision)
        return error, None if error else caller

    return authorized


def _let_the_policy_complete_an_authorizers() -> None:
    evaluate = apigateway_v1._evaluate_policy

    def evaluated(document: Any, arn: str) -> Any:
        decision = evaluate(document, arn)
        return "Allow" if decision == "NoMatch" and _is_allowed_by_policy.get() else decision

    apigateway_v1._evaluate_policy = evaluated


def _identify_callers_of_all_accounts() -> None:
    identify = apigateway_v1._iam_caller_identity

    def identified(headers: Headers, query: Query) -> Any:
        account = account_of(router.extract_access_key_id(headers, query))
        with request_scope(account, router.extract_region(headers, query)):
            return identify(headers, query)

    apigateway_v1._iam_caller_identity = identified


def _expanded(policy: str, arn: str) -> str:
    """The policy with short resources (`execute-api:/stage/…`) expanded."""
    api, _, _ = arn.partition("/")
    return policy.replace('"execute-api:/', f'"{api}/')


def _has_credentials(headers: Headers, query: Query) -> bool:
    return bool(headers.get("authorization")) or bool(
        iam_evaluator._query_signed(query) and router.extract_access_key_id({}, query)
    )


def _iam_error(arn: str, policy: str, headers: Headers, query: Query) -> Any:
    if not _has_credentials(headers, query):
        return apigateway_v1._gw_error("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    _, _, _, region, owner, _ = arn.split(":", 5)
    principal = _authenticated(headers, query, region)
    if isinstance(principal, AuthError):
        return _refusal(principal)
    context = _context(principal, arn)
    # A root user has no policies, and may do everything in its own account.
    is_root = principal.policies is None
    identity = (
        EvalResult("Allow", principal.arn)
        if is_root
        else iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    )
    result = iam_evaluator.combine_resource_policy(identity, context, policy, owner, limits=principal.limits)
    return None if result.decision == "Allow" else _denial(principal.arn, arn, _reason(identity, result))


def _authenticated(headers: Headers, query: Query, region: str) -> Any:
    """The emulator's principal for the caller, or an AuthError."""
    header = headers.get("authorization", "")
    if header and not header.startswith("AWS4-HMAC-SHA256"):
        refused = sigv4.foreign_authorization_failure(headers)
        if refused:
            return AuthError(*refused)
    signature = sigv4.parse_header_signature(headers) if header else sigv4.parse_query_signature(query)
    if isinstance(signature, tuple):
        return AuthError(*signature)
    scope = _scope_failure(signature, region)
    if scope:
        return AuthError("SignatureDoesNotMatch", scope)
    account = account_of(signature.access_key_id)
    with request_scope(account, region):
        checked = iam_evaluator.authenticate(signature.access_key_id, account)
        if isinstance(checked, AuthError):
            return checked
        if checked is None:
            # The emulator stored the request under another key: the header names several.
            return AuthError("IncompleteSignature", "Authorization header names more than one credential.")
        return iam_evaluator.resolve_principal(signature.access_key_id, account, checked)


def _scope_failure(signature: Any, region: str) -> str:
    is_elsewhere = signature.region_set is None and signature.region != region
    return ("Credential should be scoped to a valid region. " if is_elsewhere else "") + (
        "" if signature.service == "execute-api" else "Credential should be scoped to correct service: 'execute-api'. "
    )


def account_of(access_key_id: str | None) -> str:
    """The account that a key belongs to. Twelve digits are the key of the root user of the account with that number."""
    key = access_key_id or ""
    known = _account_from_sts_session(key) or iam_evaluator.find_iam_access_key_account(key)
    default = key if _ACCOUNT.fullmatch(key) else os.environ.get("MINISTACK_ACCOUNT_ID", "000000000000")
    return str(known or default)


def _context(principal: Any, arn: str) -> EvalContext:
    """The context of a call of `arn` by the emulator's principal, or by an anonymous caller for None."""
    context = EvalContext("*", "Anonymous", "", _ACTION, arn, arn.split(":")[3])
    if principal is not None:
        context = replace(
            context,
            principal_arn=principal.arn,
            principal_type=principal.type,
            principal_account=principal.account,
            principal_keys=principal.keys,
            service_context={"aws:tagkeys": None},
        )
    endpoint = vpc_endpoint()
    if endpoint is None:
        return context
    keys = {"aws:sourcevpce": endpoint.id, "aws:sourcevpc": endpoint.vpc_id, "aws:vpcsourceip": context.source_ip}
    return replace(context, source_ip=None, service_context={**context.service_context, **keys})


def _endpoint_policy_error(endpoint: VpcEndpoint, arn: str, headers: Headers, query: Query) -> Any:
    is_signed = headers.get("authorization", "").startswith("AWS4-") or iam_evaluator._query_signed(query)
    principal = _authenticated(headers, query, arn.split(":")[3]) if is_signed else None
    if isinstance(principal, AuthError):
        return _refusal(principal)
    decision = iam_evaluator.evaluate_resource_policy(endpoint.policy, _context(principal, arn)).decision
    if decision == "Allow":
        return None
    reason = (
        "with an explicit deny in" if decision == "Deny" else f"because no VPC endpoint policy allows the {_ACTION}"
    )
    end = " a VPC endpoint policy" if decision == "Deny" else " action"
    return _denial(principal.arn if principal else "anonymous", arn, reason + end)


def _refusal(error: AuthError) -> Any:
    response_type, error_type = apigateway_v1._AUTHENTICATION_GATEWAY_ERRORS.get(
        error.code, ("DEFAULT_4XX", "UnrecognizedClientException")
    )
    return apigateway_v1._GatewayError(response_type, error.message, error_type)


def _anonymous_error(arn: str, decision: str | None) -> Any:
    """ACCESS_DENIED, unless the resource policy allows the call or there is none."""
    if decision in (None, "Allow"):
        return None
    reason = "with an explicit deny in a resource-based policy" if decision == "Deny" else _NO_RESOURCE_POLICY
    return _denial("anonymous", arn, reason)


_NO_RESOURCE_POLICY = f"because no resource-based policy allows the {_ACTION} action"
_NO_IDENTITY_POLICY = f"because no identity-based policy allows the {_ACTION} action"


def _reason(identity: EvalResult, result: EvalResult) -> str:
    if result.decision == "Deny":
        kind = "a resource-based" if result.resource_policy_arn else "an identity-based"
        return f"with an explicit deny in {kind} policy"
    return _NO_RESOURCE_POLICY if identity.decision == "Allow" else _NO_IDENTITY_POLICY


def _denial(caller: str, arn: str, reason: str) -> Any:
    account = arn.split(":")[4]
    shown = arn.replace(f":{account}:", f":********{account[-4:]}:", 1)
    text = f"User: {caller} is not authorized to perform: {_ACTION} on resource: {shown} {reason}"
    return apigateway_v1._gw_error("ACCESS_DENIED", text)
