"""The public names, which every way to import them must give."""

from __future__ import annotations

PUBLIC_NAMES = [
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
]
