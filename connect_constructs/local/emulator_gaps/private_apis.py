"""Private REST APIs answer through VPC endpoints only, and other REST APIs through none.

The emulator has no networks. As AWS names it, a call to `{api}-{vpce}.execute-api.…` comes through that VPC endpoint
(API Gateway Developer Guide, "Invoke a private API"). For clients that cannot resolve such a name, so does a call to
the path `/restapis/{api}-{vpce}/{stage}/_user_request_/…`. No other call comes through an endpoint: the ways that need
private DNS or a Host header are not modelled by themselves.

- Any endpoint of any VPC reaches a private API, associated with it or not, by a Host header for example: its resource
  policy says which may call (same guide). Without an endpoint, and for other APIs through one, the answer is 403 with
  `{"message":"Forbidden"}` and ForbiddenException (re:Post knowledge centre, "How do I troubleshoot HTTP 403 errors
  from API Gateway?" and "Why do I get an HTTP 403 Forbidden error when connecting to my API Gateway APIs from a VPC?").
- A private API without a resource policy is not deployed ("Private REST API doesn't have a resource policy attached to
  it", terraform-provider-aws#14290, serverless-application-model#925).

What the endpoint's own policy means for a call is decided in `api_authorization`.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import Any, NamedTuple

from ministack import app as emulator
from ministack.services import apigateway_v1

_HOST = re.compile(r"([a-z0-9]+)-(vpce-[a-z0-9]+)(\.execute-api\..*)")
_PATH = re.compile(r"/restapis/([a-z0-9]+)-(vpce-[a-z0-9]+)(/.*)")
_NO_POLICY = "Private REST API doesn't have a resource policy attached to it"
# API Gateway's names for what CloudFormation hands over in its own.
_CONFIGURATION = {"Types": "types", "VpcEndpointIds": "vpcEndpointIds", "IpAddressType": "ipAddressType"}

_FORBIDDEN = b'{"message":"Forbidden"}'

# The VPC endpoint through which the request that is being answered has come.
_endpoint_id: ContextVar[str | None] = ContextVar("endpoint_id", default=None)


class VpcEndpoint(NamedTuple):
    """A VPC endpoint, as far as it concerns a call."""

    id: str
    vpc_id: str | None
    # None for the default policy, which allows everything.
    policy: dict[str, Any] | None


def close() -> None:
    """Answer so."""
    _find_apis_by_their_endpoints()
    _refuse_other_ways()
    _keep_endpoint_configurations()
    _require_policies()


def vpc_endpoint() -> VpcEndpoint | None:
    """The VPC endpoint through which the request has come, if any."""
    endpoint_id = _endpoint_id.get()
    if endpoint_id is None:
        return None
    from ministack.services import ec2  # a large module, which few need

    found: dict[str, Any] = next(
        (item for (_, _, id_), item in ec2._vpc_endpoints.all_items() if id_ == endpoint_id), {}
    )
    policy = found.get("PolicyDocument")
    policy = json.loads(policy) if isinstance(policy, str) else policy
    return VpcEndpoint(endpoint_id, found.get("VpcId"), None if _allows_everything(policy) else policy)


def _allows_everything(policy: dict[str, Any] | None) -> bool:
    """Whether it is the default policy: "full access" (AWS PrivateLink Guide, "Endpoint policies")."""
    if not policy:
        return True
    (first, *others) = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    parts = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return (
        not others
        and {name: first.get(name) for name in parts} == parts
        and first.get("Principal") in ("*", {"AWS": "*"})
        and not first.get("Condition")
    )


def _split(host: str, path: str) -> tuple[str, str, str | None]:
    """The host and the path as they are without the endpoint, and the endpoint's id."""
    if match := _HOST.fullmatch(host):
        return f"{match[1]}{match[3]}", path, match[2]
    if match := _PATH.fullmatch(path):
        return host, f"/restapis/{match[1]}{match[3]}", match[2]
    return host, path, None


def _find_apis_by_their_endpoints() -> None:
    parse = emulator._parse_execute_api_url

    def parsed(host: str, path: str) -> Any:
        return parse(*_split(host, path)[:2])

    emulator._parse_execute_api_url = parsed


def _refuse_other_ways() -> None:
    handle, execute = emulator._handle_execute_api_request, apigateway_v1.handle_execute

    async def handled(host: str, path: str, *arguments: Any, **options: Any) -> Any:
        _endpoint_id.set(_split(host, path)[2])
        return await handle(host, path, *arguments, **options)

    async def executed(api_id: str, *arguments: Any, **options: Any) -> Any:
        if not _is_reachable(api_id, _endpoint_id.get()):
            return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "ForbiddenException"}, _FORBIDDEN
        return await execute(api_id, *arguments, **options)

    emulator._handle_execute_api_request, apigateway_v1.handle_execute = handled, executed


def _is_reachable(api_id: str, endpoint_id: str | None) -> bool:
    api: dict[str, Any] = next(
        (item for (_, _, id_), item in apigateway_v1._rest_apis.all_items() if id_ == api_id), {}
    )
    return _is_private(api) == (endpoint_id is not None)


def _is_private(api: dict[str, Any]) -> bool:
    return "PRIVATE" in (api.get("endpointConfiguration") or {}).get("types", [])


def _keep_endpoint_configurations() -> None:
    """Keep them under API Gateway's own names, whoever sets them."""
    create, update = apigateway_v1._create_rest_api, apigateway_v1._update_rest_api

    def create_rest_api(data: dict[str, Any]) -> Any:
        return create({**data, **_renamed(data)})

    def update_rest_api(api_id: str, data: dict[str, Any]) -> Any:
        answer = update(api_id, data)
        api = apigateway_v1._rest_apis.get(api_id)
        if api:
            api.update(_renamed(api))
        return answer

    apigateway_v1._create_rest_api, apigateway_v1._update_rest_api = create_rest_api, update_rest_api


def _renamed(api: dict[str, Any]) -> dict[str, Any]:
    configuration = api.get("endpointConfiguration")
    if not configuration:
        return {}
    return {"endpointConfiguration": {_CONFIGURATION.get(name, name): value for name, value in configuration.items()}}


def _require_policies() -> None:
    create = apigateway_v1._create_deployment

    def created(api_id: str, data: dict[str, Any]) -> Any:
        api = apigateway_v1._rest_apis.get(api_id) or {}
        if _is_private(api) and not api.get("policy"):
            return apigateway_v1._v1_error("BadRequestException", _NO_POLICY, 400)
        return create(api_id, data)

    apigateway_v1._create_deployment = created
