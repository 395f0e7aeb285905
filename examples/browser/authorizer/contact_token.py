"""A REQUEST authorizer that lets an agent's token write that agent's contacts and no others.

The token is a JSON Web Token (HS256) that your own backend issues when it hands contacts to an agent:

    {"sub": "agent-7", "contacts": ["87654321-4321-4321-4321-210987654321"], "exp": 1798761600}

`attributes` and `members` can also say what the agent may write, each as a list: `"attributes": ["tier"]`,
`"members": ["Name", "References.Ticket"]`. Without them, the agent may write what the endpoint allows everybody.

Both sides use a key in AWS KMS, which never leaves it: the backend signs with kms:GenerateMac, this function checks
with kms:VerifyMac.

An authorizer never sees the body, where UpdateContactAttributes has its contact. So it says in its context what the
token is for, and the endpoint refuses everything else.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from typing import Any

import boto3

kms: Any = boto3.client("kms")

# The claims that limit the token, and what the endpoint calls them in an authorizer's context.
_LIMITS = {"contacts": "contactIds", "attributes": "allowedAttributes", "members": "allowedMembers"}

# What KMS checks has at most 4,096 bytes, and the signature 32.
_TOKEN = re.compile(r"Bearer (?P<signed>[\w-]{1,1000}\.(?P<claims>[\w-]{1,3000}))\.(?P<signature>[\w-]{43})", re.ASCII)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    claims = claims_of(event["headers"])
    # API Gateway keeps the answer for the token's next requests, so it covers both methods.
    stage_arn = "/".join(event["methodArn"].split("/")[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{stage_arn}/POST/*"}
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        # A limit that is there but empty allows nothing; one that is missing allows all.
        "context": {key: ",".join(claims[claim]) for claim, key in _LIMITS.items() if claim in claims},
    }


def claims_of(headers: dict[str, str]) -> dict[str, Any]:
    """The claims of the request's token. Raises an exception that API Gateway takes for a 401."""
    authorization = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    token = _TOKEN.fullmatch(authorization)
    if token and _is_ours(token["signed"], token["signature"]):
        claims: dict[str, Any] = json.loads(_decoded(token["claims"]))
        # Without contacts in the context, the endpoint would take any.
        if claims["exp"] > time.time() and claims["contacts"]:
            return claims
    raise Exception("Unauthorized")


def _is_ours(signed: str, signature: str) -> bool:
    try:
        kms.verify_mac(
            KeyId=os.environ["KEY_ARN"],
            # Whatever the token's header says.
            MacAlgorithm="HMAC_SHA_256",
            Message=signed.encode(),
            Mac=_decoded(signature),
        )
    except kms.exceptions.KMSInvalidMacException:
        return False
    return True


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
