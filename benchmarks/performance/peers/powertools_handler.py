"""The same with Powertools for AWS Lambda, written as its documentation shows for a REST API."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

logger = Logger(service="contact-updates")
tracer = Tracer(service="contact-updates")
metrics = Metrics(namespace="ContactUpdates", service="contact-updates")
app = APIGatewayRestResolver(enable_validation=True)
connect = boto3.client("connect")


class ContactAttributes(BaseModel):
    """The request body."""

    InstanceId: str = Field(min_length=1, max_length=100)
    InitialContactId: str = Field(min_length=1, max_length=256)
    Attributes: dict[str, str]


@app.post("/contact/attributes")
@tracer.capture_method(capture_response=False)
def update_contact_attributes(update: ContactAttributes) -> Response[str]:
    connect.update_contact_attributes(**update.model_dump())
    metrics.add_metric(name="Updates", unit=MetricUnit.Count, value=1)
    logger.info("updated")
    return Response(status_code=200, content_type="application/json", body="")


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
