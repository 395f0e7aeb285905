"""The service model for clients of the endpoint: the contract, signed for API Gateway instead of Amazon Connect."""

from __future__ import annotations

import re
import shlex
from typing import Any

from connect_constructs.contract.service_model import service_model

# The name that the AWS CLI and boto3 call the service by, once the model is installed.
SERVICE = "contact-updates"

# botocore derives it from the service's name: configprovider.ConfiguredEndpointProvider.
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_CONTACT_UPDATES"

# What API Gateway's IAM authorization demands. An SDK's own `connect` client signs for `connect`.
SIGNING_NAME = "execute-api"

# A service without endpoint rules of its own gets https://PREFIX.REGION.amazonaws.com from botocore. Amazon Connect's
# own prefix would send a call that names no endpoint past the endpoint, to Amazon Connect itself. With this one
# botocore makes no client, and its message says what is missing: "Invalid endpoint: https://none was given, use …".
# (botocore.endpoint.EndpointCreator; the AWS CLI 2 has a copy of it, awscli/botocore/endpoint.py.)
_ENDPOINT_PREFIX = f"none was given, use --endpoint-url, endpoint_url= or {ENDPOINT_VARIABLE} instead of {SERVICE}"


def client_model() -> dict[str, Any]:
    """The model for `aws configure add-model` and for a boto3 data path, as the service `contact-updates`.

    With it, the AWS CLI and boto3 make calls to the endpoint that are signed as the endpoint wants them. The endpoint
    has to be given: by `--endpoint-url`, by `endpoint_url=`, or in the environment. Without it there is no call.
    """
    model = service_model()
    metadata = {**model["metadata"], "endpointPrefix": _ENDPOINT_PREFIX, "signingName": SIGNING_NAME}
    return {**model, "metadata": metadata}


def client_settings(endpoint: str) -> str:
    """How to make `endpoint` the AWS CLI's and boto3's: commands for a POSIX shell, and what they hold for.

    The versions are those of "Improved flexibility when configuring endpoint URLs with the AWS SDKs and tools" (AWS
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
