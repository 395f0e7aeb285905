"""Lambda refuses a reservation that leaves the account fewer than ten unreserved concurrent executions.

"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum
value of [10]": aws-samples/alarm-context-tool#2, one-observability-demo#278. New accounts may have ten in all, so that
only zero can be reserved. The emulator accepts every reservation, its CloudFormation ignores them, and the limit that
it reports is what the machine can bear.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

_LIMIT = int(os.environ.get("LAMBDA_ACCOUNT_CONCURRENCY", "1000"))
_MINIMUM = 10
_REFUSAL = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
    f"minimum value of [{_MINIMUM}]."
)


def close() -> None:
    """Refuse such reservations, in Lambda's own call and in CloudFormation, and let CloudFormation make the others."""
    put, settings = lambda_svc._put_function_concurrency, lambda_svc._get_account_settings

    def put_function_concurrency(name: str, data: dict[str, Any]) -> Any:
        if _is_too_much(name, data.get("ReservedConcurrentExecutions", 0)):
            return lambda_svc.error_response_json("InvalidParameterValueException", _REFUSAL, 400)
        return put(name, data)

    def get_account_settings() -> Any:
        status, headers, body = settings()
        answer = json.loads(body)
        unreserved = {"ConcurrentExecutions": _LIMIT, "UnreservedConcurrentExecutions": _LIMIT - _reserved()}
        answer["AccountLimit"] |= unreserved
        return status, headers, json.dumps(answer).encode()

    lambda_svc._put_function_concurrency, lambda_svc._get_account_settings = (
        put_function_concurrency,
        get_account_settings,
    )
    function = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    # create(logical id, properties, …); update(physical id, old properties, new properties, …)
    function["create"] = _reserving(function["create"], position=0)
    function["update"] = _reserving(function["update"], position=1)


def _reserving(provision: Callable[..., Any], *, position: int) -> Callable[..., Any]:
    def provisioned(identifier: str, *arguments: Any, **options: Any) -> Any:
        wanted = arguments[position].get("ReservedConcurrentExecutions")
        is_known = identifier in lambda_svc._functions
        if wanted is not None and _is_too_much(identifier if is_known else None, int(wanted)):
            raise ValueError(f"{_REFUSAL} (Service: Lambda, Status Code: 400)")
        result = provision(identifier, *arguments, **options)
        lambda_svc._functions[result[0]]["concurrency"] = None if wanted is None else int(wanted)
        return result

    return provisioned


def _is_too_much(name: str | None, wanted: int) -> bool:
    return wanted > 0 and _LIMIT - _reserved(besides=name) - wanted < _MINIMUM


def _reserved(*, besides: str | None = None) -> int:
    functions = lambda_svc._functions
    return sum(functions[name].get("concurrency") or 0 for name in functions if name != besides)
