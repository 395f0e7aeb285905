"""AWS CDK constructs that give any system a secure endpoint to write to Amazon Connect contacts.

The public names are imported on first use: `import aws_cdk` starts Node and takes about a second, and neither
`import connect_constructs` nor the command line's help should take that long.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connect_constructs._acknowledgments import acknowledge_findings
    from connect_constructs.api_gateway_account import ApiGatewayAccount
    from connect_constructs.connect_vpc_endpoint_service import ConnectVpcEndpointService
    from connect_constructs.contact_update_api import ContactUpdateApi
    from connect_constructs.contact_update_function import ContactUpdateFunction
    from connect_constructs.contact_update_function_options import ContactUpdateFunctionOptions
    from connect_constructs.contact_update_monitoring import ContactUpdateMonitoring
    from connect_constructs.contact_update_policy import ContactUpdatePolicy
    from connect_constructs.contact_update_queue import ContactUpdateQueue
    from connect_constructs.instance import ConnectInstance
    from connect_constructs.operation import ContactUpdateOperation

_MODULES = {
    "ApiGatewayAccount": "api_gateway_account",
    "ConnectInstance": "instance",
    "ConnectVpcEndpointService": "connect_vpc_endpoint_service",
    "ContactUpdateApi": "contact_update_api",
    "ContactUpdateFunction": "contact_update_function",
    "ContactUpdateFunctionOptions": "contact_update_function_options",
    "ContactUpdateMonitoring": "contact_update_monitoring",
    "ContactUpdateOperation": "operation",
    "ContactUpdatePolicy": "contact_update_policy",
    "ContactUpdateQueue": "contact_update_queue",
    "acknowledge_findings": "_acknowledgments",
}

__all__ = [
    "ApiGatewayAccount",
    "ConnectInstance",
    "ConnectVpcEndpointService",
    "ContactUpdateApi",
    "ContactUpdateFunction",
    "ContactUpdateFunctionOptions",
    "ContactUpdateMonitoring",
    "ContactUpdateOperation",
    "ContactUpdatePolicy",
    "ContactUpdateQueue",
    "acknowledge_findings",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
