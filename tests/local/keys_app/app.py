"""An endpoint with a domain of its own, and an API key for each of two callers."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm

from connect_constructs import ConnectInstance, ContactUpdateApi

app = App()
stack = Stack(app, "Keys")
api = ContactUpdateApi(
    stack,
    "ContactUpdates",
    instance=ConnectInstance.from_instance_arn(stack, "Instance", app.node.get_context("instance_arn")),
    api_key_required=True,
    domain_name=apigateway.DomainNameOptions(
        # The local AWS serves no other names.
        domain_name="updates.localhost",
        base_path="crm",
        certificate=acm.Certificate.from_certificate_arn(
            stack, "Certificate", "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
        ),
    ),
)
frugal = api.add_api_key("Frugal", quota=apigateway.QuotaSettings(limit=2, period=apigateway.Period.DAY))
busy = api.add_api_key("Busy", throttle=apigateway.ThrottleSettings(rate_limit=5, burst_limit=10))
for name, key in {"Frugal": frugal, "Busy": busy}.items():
    CfnOutput(stack, f"{name}KeyId", value=key.key_id)
CfnOutput(stack, "Endpoint", value=api.endpoint_url)
app.synth()
