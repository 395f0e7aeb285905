"""The emulator with its gaps closed and without an app, and helpers for the tests of single gaps."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from connect_constructs.local.emulator import ACCOUNT, REGION, ROOT_CREDENTIALS

# The emulator treats an access key of twelve digits as the root of the account with that number.
OTHER_ACCOUNT = "222222222222"
ROOT = Credentials(ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"], ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
OTHER_ROOT = Credentials(OTHER_ACCOUNT, ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
MAY_INVOKE = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}

# Returns its event.
_ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "headers": {"x-amzn-RequestId": "the function's"}, "body": json.dumps(event)}
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: urllib3.HTTPHeaderDict
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def error_types(self) -> list[str]:
        """The values of the header x-amzn-ErrorType, in order."""
        return self.headers.getlist("x-amzn-ErrorType")


@dataclass(frozen=True)
class Api:
    """A REST API with one resource, /updates, at the stage `prod`."""

    url: str
    api_id: str
    resource_id: str
    function_name: str

    @property
    def arn(self) -> str:
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.api_id}/prod/POST/updates"

    def through(self, vpc_endpoint_id: str) -> Api:
        """The same API, called through a VPC endpoint."""
        return replace(self, url=self.url.replace(f"/{self.api_id}/", f"/{self.api_id}-{vpc_endpoint_id}/"))

    def call(
        self,
        signed_by: Credentials | None = None,
        *,
        method: str = "POST",
        path: str = "/updates",
        headers: Mapping[str, str] | None = None,
        service: str = "execute-api",
        region: str = REGION,
    ) -> Answer:
        body = "{}" if method == "POST" else ""
        request = AWSRequest(method, f"{self.url}{path}", dict(headers or {}), body)
        if signed_by:
            SigV4Auth(signed_by, service, region).add_auth(request)
        prepared = request.prepare()
        response = urllib3.PoolManager(retries=False).request(
            prepared.method, prepared.url, body=prepared.body, headers=dict(prepared.headers.items())
        )
        return Answer(response.status, response.headers, response.data.decode())


class EmulatedAws:
    def __init__(self, url: str) -> None:
        self.url = url
        self._echo: str | None = None

    def client(self, service: str, credentials: Credentials = ROOT) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            # The emulator must validate the arguments, not the SDK.
            config=Config(proxies={}, retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    def create_user(self, *statements: Mapping[str, Any], root: Credentials = ROOT) -> Credentials:
        """Create an IAM user with these statements as its policy, in the account of `root`."""
        iam, name = self.client("iam", root), f"user-{uuid.uuid4()}"
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="Policy", PolicyDocument=_document(statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def create_role(self, trusted: Mapping[str, Any], *statements: Mapping[str, Any], root: Credentials = ROOT) -> str:
        """Create a role that `trusted` can assume, with these statements as its policy. Returns its ARN."""
        iam, name = self.client("iam", root), f"role-{uuid.uuid4()}"
        trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document([trust]))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="Policy", PolicyDocument=_document(statements))
        return arn

    def assume_role(self, arn: str, root: Credentials = ROOT, *, seconds: int = 900) -> Credentials:
        """Create a session of the role. Unlike AWS, the emulator accepts less than 15 minutes."""
        sts = self.client("sts", self.create_user({"Effect": "Allow", "Action": "sts:*", "Resource": "*"}, root=root))
        found = sts.assume_role(RoleArn=arn, RoleSessionName="session", DurationSeconds=seconds)["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def create_cognito_token(self) -> tuple[str, str]:
        """Create a user pool with a user. Returns the pool's ARN and an id token of the user."""
        cognito = self.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="pool")["UserPool"]
        pool_id, password = pool["Id"], "Passw0rd!"
        client = cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName="client", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]
        cognito.admin_create_user(UserPoolId=pool_id, Username="user", MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool_id, Username="user", Password=password, Permanent=True)
        answer = cognito.initiate_auth(
            ClientId=client["ClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "user", "PASSWORD": password},
        )
        return pool["Arn"], answer["AuthenticationResult"]["IdToken"]

    def create_function(self, code: str = _ECHO, *, is_permitted: bool = True) -> str:
        """Create a function. If `is_permitted`, every API may invoke it. Returns its name."""
        name = f"function-{uuid.uuid4()}"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", code)
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=self.create_role({"Service": "lambda.amazonaws.com"}),
            Code={"ZipFile": archive.getvalue()},
        )
        if is_permitted:
            self.permit_invocation(name, f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*")
        return name

    def permit_invocation(self, function: str, source_arn: str) -> None:
        self.client("lambda").add_permission(
            FunctionName=function,
            StatementId=f"statement-{uuid.uuid4()}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source_arn,
        )

    def create_api(
        self,
        *,
        authorization: str = "AWS_IAM",
        authorizer: Mapping[str, Any] | None = None,
        policy: Sequence[Mapping[str, Any]] | None = None,
        gateway_responses: Mapping[str, Mapping[str, Any]] | None = None,
        api_key_required: bool = False,
        function_name: str | None = None,
        vpc_endpoint_ids: Sequence[str] | None = None,
    ) -> Api:
        """Create and deploy an API.

        :param policy: The statements of its resource policy.
        :param gateway_responses: The other arguments of PutGatewayResponse, by response type.
        :param function_name: Default: a function that returns its event, shared by all tests.
        :param vpc_endpoint_ids: The VPC endpoints of a private API. Default: the API is regional.
        """
        gateway, function = self.client("apigateway"), function_name or self._echo_function()
        options: dict[str, Any] = {"policy": _document(policy)} if policy is not None else {}
        if vpc_endpoint_ids is not None:
            options["endpointConfiguration"] = {"types": ["PRIVATE"], "vpcEndpointIds": list(vpc_endpoint_ids)}
        api_id = gateway.create_rest_api(name=f"api-{uuid.uuid4()}", **options)["id"]
        (root,) = gateway.get_resources(restApiId=api_id)["items"]
        resource_id = gateway.create_resource(restApiId=api_id, parentId=root["id"], pathPart="updates")["id"]
        authorizer_id = (
            {"authorizerId": gateway.create_authorizer(restApiId=api_id, name="authorizer", **authorizer)["id"]}
            if authorizer
            else {}
        )
        method = {"restApiId": api_id, "resourceId": resource_id, "httpMethod": "POST"}
        gateway.put_method(**method, authorizationType=authorization, apiKeyRequired=api_key_required, **authorizer_id)
        gateway.put_integration(
            **method, type="AWS_PROXY", integrationHttpMethod="POST", uri=self.invocation_uri(function)
        )
        for response_type, response in (gateway_responses or {}).items():
            gateway.put_gateway_response(restApiId=api_id, responseType=response_type, **response)
        gateway.create_deployment(restApiId=api_id, stageName="prod")
        return Api(f"{self.url}/restapis/{api_id}/prod/_user_request_", api_id, resource_id, function)

    def create_vpc_endpoint(self, policy: Sequence[Mapping[str, Any]] | None = None) -> str:
        """An interface endpoint of API Gateway in a VPC of its own; its id.

        :param policy: The statements of its endpoint policy. Default: the default policy, which allows everything.
        """
        endpoint = {
            "VpcEndpointType": "Interface",
            "ServiceName": f"com.amazonaws.{REGION}.execute-api",
            "VpcId": {"Ref": "Vpc"},
            **({"PolicyDocument": json.loads(_document(policy))} if policy is not None else {}),
        }
        stack = self.create_stack(
            {
                "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
                "Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": endpoint},
            }
        )
        assert stack.status() == "CREATE_COMPLETE", stack.failures()
        return stack.physical_id("Endpoint")

    def _echo_function(self) -> str:
        self._echo = self._echo or self.create_function()
        return self._echo

    def set_policy(self, api: Api, statements: Sequence[Mapping[str, Any]], *, deploys: bool = True) -> None:
        gateway = self.client("apigateway")
        operation = {"op": "replace", "path": "/policy", "value": _document(statements)}
        gateway.update_rest_api(restApiId=api.api_id, patchOperations=[operation])
        if deploys:
            gateway.create_deployment(restApiId=api.api_id, stageName="prod")

    def add_open_options(self, api: Api) -> None:
        """Add the OPTIONS method that CORS needs: a mock integration without authorization."""
        gateway = self.client("apigateway")
        method = {"restApiId": api.api_id, "resourceId": api.resource_id, "httpMethod": "OPTIONS"}
        gateway.put_method(**method, authorizationType="NONE")
        gateway.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        gateway.put_method_response(**method, statusCode="200")
        gateway.put_integration_response(**method, statusCode="200")
        gateway.create_deployment(restApiId=api.api_id, stageName="prod")

    def invocation_uri(self, function: str) -> str:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def create_stack(self, resources: Mapping[str, Any]) -> Stack:
        """Create a stack of these resources, and wait until its creation has succeeded or failed."""
        created = self.client("cloudformation").create_stack(
            StackName=f"stack-{uuid.uuid4()}", TemplateBody=_template(resources), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        return Stack(self, created["StackId"])


@dataclass(frozen=True)
class Stack:
    aws: EmulatedAws
    stack_id: str

    def update(self, resources: Mapping[str, Any]) -> None:
        self.aws.client("cloudformation").update_stack(
            StackName=self.stack_id, TemplateBody=_template(resources), Capabilities=["CAPABILITY_NAMED_IAM"]
        )

    def delete(self) -> None:
        self.aws.client("cloudformation").delete_stack(StackName=self.stack_id)

    def status(self) -> str:
        """Wait until the status no longer changes, and return it."""
        cloudformation = self.aws.client("cloudformation")
        while True:
            status: str = cloudformation.describe_stacks(StackName=self.stack_id)["Stacks"][0]["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                return status

    def failures(self) -> list[str]:
        events = self.aws.client("cloudformation").describe_stack_events(StackName=self.stack_id)["StackEvents"]
        return [
            event["ResourceStatusReason"]
            for event in events
            if event["ResourceStatus"].endswith("FAILED") and "ResourceStatusReason" in event
        ]

    def physical_id(self, logical_id: str) -> str:
        resource = self.aws.client("cloudformation").describe_stack_resource(
            StackName=self.stack_id, LogicalResourceId=logical_id
        )
        physical_id: str = resource["StackResourceDetail"]["PhysicalResourceId"]
        return physical_id


def allow(principal: Any, *, condition: Mapping[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return _statement("Allow", principal, condition, parts)


def deny(principal: Any, *, condition: Mapping[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return _statement("Deny", principal, condition, parts)


def _statement(
    effect: str, principal: Any, condition: Mapping[str, Any] | None, parts: Mapping[str, Any]
) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/prod/POST/updates",
        **parts,
    }
    return {**statement, "Condition": condition} if condition else statement


def _document(statements: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _template(resources: Mapping[str, Any]) -> str:
    return json.dumps({"Resources": resources})
