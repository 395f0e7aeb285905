"""The service model for clients of the endpoint: the contract, signed for API Gateway instead of Amazon Connect."""

from __future__ import annotations

from typing import Any

from connect_constructs.schema import service_model

# What API Gateway's IAM authorization demands. An SDK's own `connect` client signs for `connect`.
SIGNING_NAME = "execute-api"


def client_model() -> dict[str, Any]:
    """The model for `aws configure add-model` and for a boto3 data path, as service `contact-updates`, for example.

    With it, the AWS CLI and boto3 make calls to the endpoint that are signed as the endpoint wants them. The endpoint
    has to be given: `--endpoint-url` or `endpoint_url=`.
    """
    model = service_model()
    return {**model, "metadata": {**model["metadata"], "signingName": SIGNING_NAME}}
