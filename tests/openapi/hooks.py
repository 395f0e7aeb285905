"""Hooks with which schemathesis can call the endpoint. It loads this module in a process of its own."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# Headers that a proxy may change, or that the HTTP library sets after signing.
_NOT_SIGNED = {"accept", "accept-encoding", "connection", "user-agent"}


class _Signature(requests.auth.AuthBase):
    """Signs for execute-api with the credentials in the environment."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.headers is not None
        request.headers.pop("Authorization", None)
        signed = AWSRequest(
            request.method,
            request.url,
            data=request.body,
            headers={name: value for name, value in request.headers.items() if name.lower() not in _NOT_SIGNED},
        )
        credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


schemathesis.auth.set_from_requests(_Signature())  # type: ignore[attr-defined] # documented, but not in its types


@schemathesis.serializer("application/x-amz-json-1.1")
def amz_json(context: schemathesis.SerializationContext, value: Any) -> bytes:
    return json.dumps(value).encode()


@schemathesis.hook
def map_path_parameters(context: schemathesis.HookContext, path_parameters: Any) -> Any:
    return _with_real_ids(path_parameters)


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    return _with_real_ids(body)


def _with_real_ids(parameters: Any) -> Any:
    """Replace every other id by an existing one, or all generated updates would get ResourceNotFoundException."""
    if not isinstance(parameters, dict):
        return parameters
    real = json.loads(os.environ["REAL_IDS"])
    return {
        name: real[name] if name in real and zlib.crc32(repr(value).encode()) % 2 else value
        for name, value in parameters.items()
    }
