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
    "acknowledge_findings",
]

# The packages with public names. Every other module is internal.
PUBLIC_PACKAGES = {
    "connect_constructs": PUBLIC_NAMES,
    "connect_constructs.local": ["LocalAws", "LocalAwsError"],
    "connect_constructs.testing": ["TemplateSnapshotExtension", "normalised_template"],
}
