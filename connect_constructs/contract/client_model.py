"""The service model for clients of the endpoint: the contract, but signed for API Gateway, not Amazon Connect."""

from __future__ import annotations

import re
import shlex
from typing import Any

from connect_constructs.contract.service_model import service_model

# The service's name in the AWS CLI and boto3, once the model is installed.
SERVICE = "contact-updates"

# botocore derives this name from the service's name (configprovider.ConfiguredEndpointProvider).
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_CONTACT_UPDATES"

# API Gateway's IAM authorization requires this name. An SDK's own `connect` client signs for `connect`.
SIGNING_NAME = "execute-api"

# For a service without endpoint rules, botocore uses https://PREFIX.REGION.amazonaws.com. With Amazon Connect's own
# prefix, a call without an endpoint would go to Amazon Connect itself. With this one, botocore creates no client, and
# its message says what is missing: "Invalid endpoint: https://none was given, use …".
# (botocore.endpoint.EndpointCreator; the AWS CLI 2 has a copy of it, awscli/botocore/endpoint.py.)
_ENDPOINT_PREFIX = f"none was given, use --endpoint-url, endpoint_url= or {ENDPOINT_VARIABLE} instead of {SERVICE}"


def client_model() -> dict[str, Any]:
    """The model of the service `contact-updates`, for `aws configure add-model` and for a boto3 data path.

    With it, the AWS CLI and boto3 sign calls in the way that the endpoint requires. The endpoint must be set, with
    `--endpoint-url`, with `endpoint_url=` or in the environment; otherwise calls fail before they are sent.
    """
    model = service_model()
    metadata = {**model["metadata"], "endpointPrefix": _ENDPOINT_PREFIX, "signingName": SIGNING_NAME}
    return {**model, "metadata": metadata}


def client_settings(endpoint: str) -> str:
    """Commands for a POSIX shell that configure the AWS CLI and boto3 to call `endpoint`, and for which versions.

    The versions are from "Improved flexibility when configuring endpoint URLs with the AWS SDKs and tools" (AWS
    Developer Tools Blog, 2023).
    """
    url = shlex.quote(endpoint.rstrip("/"))
    region = re.search(r"\.execute-api\.([a-z0-9-]+)\.", endpoint)
    lines = [
        f"aws configure add-model --service-name {SERVICE} --service-model file://FILE",
        *([f"export AWS_DEFAULT_REGION={region[1]}"] if region else []),
        f"export {ENDPOINT_VARIABLE}={url}",
        f"# An AWS CLI older than 2.13 or 1.29 does not read that variable: add --endpoint-url {url} to each call.",
    ]
    return "\n".join(lines)
