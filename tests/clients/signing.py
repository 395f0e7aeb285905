"""One HTTP request, signed with botocore."""

from __future__ import annotations

import botocore.credentials
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.clients.call import REGION, Credentials


def post(
    url: str, body: bytes, headers: dict[str, str], *, credentials: Credentials | None, signing_name: str
) -> urllib3.BaseHTTPResponse:
    """Send the request once, without following redirects.

    :param credentials: None for an unsigned request.
    """
    request = AWSRequest(method="POST", url=url, data=body, headers=headers)
    if credentials:
        keys = botocore.credentials.Credentials(credentials.access_key_id, credentials.secret_access_key)
        SigV4Auth(keys, signing_name, REGION).add_auth(request)
    prepared = request.prepare()
    return urllib3.request(
        prepared.method, prepared.url, body=prepared.body, headers=dict(prepared.headers), retries=False
    )
