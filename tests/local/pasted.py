"""Extracts the calls that `connect-constructs local` prints, and makes them."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import boto3
from botocore import xform_name


def paste(text: str, beginning: str) -> str:
    """The first command in `text` with this beginning, including its continuation lines."""
    _, _, rest = text.partition(beginning)
    assert rest, text
    lines = [beginning]
    for line in rest.split("\n"):
        lines.append(line)
        if not line.endswith("\\"):
            break
    return lines[0] + "\n".join(lines[1:])


def call_aws(command: str, text: str) -> dict[str, Any]:
    """Make the call of the AWS CLI command with boto3, and with the credentials that `text` exports."""
    program, service, operation, *options = shlex.split(command.replace("\\\n", ""))
    assert program == "aws"
    values = dict(zip(options[::2], options[1::2], strict=True))
    exported = dict(re.findall(r"(AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY)=(\S+)", text))
    client = boto3.client(
        service,
        endpoint_url=values.pop("--endpoint-url"),
        region_name=values.pop("--region", "us-east-1"),
        aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
    )
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    members = model.input_shape.members
    by_option = {xform_name(name, "-"): name for name in members}
    parameters: dict[str, Any] = json.loads(values.pop("--cli-input-json", "{}"))
    for option, value in values.items():
        name = by_option[option.removeprefix("--")]
        is_text = members[name].type_name == "string"
        parameters[name] = value if is_text else [value] if members[name].type_name == "list" else json.loads(value)
    result: dict[str, Any] = getattr(client, method)(**parameters)
    return result
