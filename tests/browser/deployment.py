"""The example's stacks in the local AWS, and the page's configuration for each."""

from __future__ import annotations

import base64
import json
import time
from functools import cached_property
from typing import Any

from connect_constructs.local import LocalAws

REGION = "us-east-1"
_USER = "agent-7"
_PASSWORD = "Agent-7-password"

# The `config` argument of the page's modules.
Config = dict[str, Any]


class Deployment:
    """The stacks OwnTokens, CognitoTokens and CognitoCredentials."""

    def __init__(self, local: LocalAws) -> None:
        self.local = local
        self.connect = local.connect
        self.instance_id = local.connect.instance_ids[0]

    def endpoint(self, stack: str) -> str:
        (api,) = [api for api in self.local.rest_apis if api.stack_name == stack]
        return self.local.endpoint_of(api)

    def output(self, stack: str, name: str) -> str:
        return self.local.outputs[stack][name]

    def own_tokens(self, contact_id: str) -> Config:
        """The page's configuration for an agent who handles one contact."""
        return {
            **self._config("OwnTokens"),
            "authorization": f"Bearer {self.token(contacts=[contact_id])}",
            "apiKey": self._api_key,
        }

    def token(self, **claims: Any) -> str:
        """A token as a backend would issue it, valid for half an hour. `claims` override its claims."""
        claims = {"sub": _USER, "contacts": [], "exp": int(time.time()) + 1800, **claims}
        signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        answer = self.local.client("kms").generate_mac(
            KeyId=self.output("OwnTokens", "TokenKeyArn"), MacAlgorithm="HMAC_SHA_256", Message=signed.encode()
        )
        return f"{signed}.{_text(answer['Mac'])}"

    @cached_property
    def cognito_tokens(self) -> Config:
        """The page's configuration for a user who has signed in."""
        return {**self._config("CognitoTokens"), "authorization": self._id_token("CognitoTokens")}

    @cached_property
    def cognito_credentials(self) -> Config:
        """The page's configuration for a user who has exchanged the token for AWS credentials."""
        stack = "CognitoCredentials"
        identities = self.local.client("cognito-identity")
        logins = {f"cognito-idp.{REGION}.amazonaws.com/{self.output(stack, 'UserPoolId')}": self._id_token(stack)}
        identity = identities.get_id(IdentityPoolId=self.output(stack, "IdentityPoolId"), Logins=logins)["IdentityId"]
        credentials = identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
        return {
            **self._config(stack),
            "region": REGION,
            "credentials": {
                "accessKeyId": credentials["AccessKeyId"],
                "secretAccessKey": credentials["SecretKey"],
                "sessionToken": credentials["SessionToken"],
            },
        }

    def _config(self, stack: str) -> Config:
        return {"endpoint": self.endpoint(stack), "instanceId": self.instance_id}

    @cached_property
    def _api_key(self) -> str:
        key_id = self.output("OwnTokens", "ApiKeyId")
        return str(self.local.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"])

    def _id_token(self, stack: str) -> str:
        cognito = self.local.client("cognito-idp")
        pool = self.output(stack, "UserPoolId")
        cognito.admin_create_user(UserPoolId=pool, Username=_USER)
        cognito.admin_set_user_password(UserPoolId=pool, Username=_USER, Password=_PASSWORD, Permanent=True)
        signed_in = cognito.initiate_auth(
            ClientId=self.output(stack, "ClientId"),
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": _USER, "PASSWORD": _PASSWORD},
        )
        return str(signed_in["AuthenticationResult"]["IdToken"])


def _encoded(part: dict[str, Any]) -> str:
    return _text(json.dumps(part).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
