"""What a web page that the developer opens, and another user of the machine, can do to the local AWS: nothing.

Requests are sent as bytes, with the headers that a browser sends (Fetch Standard, "CORS-safelisted request-header" and
"Sec-Fetch-Site" of the Fetch Metadata draft): a page can send GET, POST and HEAD without a preflight, with a body of
text/plain or a form, to any port of 127.0.0.1, and cannot change Origin, Host and Sec-Fetch-Site.
"""

from __future__ import annotations

import hashlib
import json
import socket
import uuid
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.emulator import ACCOUNT, REGION
from tests.local.gaps.emulated_aws import OTHER_ACCOUNT, ROOT, EmulatedAws, allow
from tests.local.gaps.raw_request import send

_SCOPE = f"20261125/{REGION}/iam/aws4_request"
# What a page knows of the root before it has read anything: its access key in ministack, and the accounts' numbers.
_GUESSED_KEYS = ["test", ACCOUNT, OTHER_ACCOUNT]
_BROWSER = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}


def _signed(
    aws: EmulatedAws, credentials: Credentials, form: Mapping[str, str], *, in_query: bool
) -> tuple[str, dict[str, str], str]:
    """The target, headers and body of a call of IAM that is signed with `credentials`."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", f"{aws.url}/", headers, {**form, "Version": "2010-05-08"})
    (SigV4QueryAuth if in_query else SigV4Auth)(credentials, "iam", REGION).add_auth(request)
    prepared = request.prepare()
    parts = urlsplit(prepared.url)
    body = prepared.body or b""
    text = body if isinstance(body, str) else body.decode()
    return f"{parts.path}?{parts.query}".rstrip("?"), dict(prepared.headers.items()), text


def _user_names(aws: EmulatedAws) -> set[str]:
    return {user["UserName"] for user in aws.client("iam").list_users()["Users"]}


@pytest.mark.parametrize("key", _GUESSED_KEYS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("headers", [_BROWSER, {}], ids=["a page", "another user"])
def test_guessed_key_in_the_query_string_does_nothing(
    aws: EmulatedAws, key: str, content_type: str, headers: Mapping[str, str]
) -> None:
    name = f"intruder-{uuid.uuid4()}"
    query = urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{key}/{_SCOPE}",
            "X-Amz-Date": "20261125T000000Z",
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": "0" * 64,
        }
    )
    body = urlencode({"Action": "CreateUser", "Version": "2010-05-08", "UserName": name})

    status, answered, _ = send(aws.url, "POST", f"/?{query}", {"Content-Type": content_type, **headers}, body)

    assert (status, answered.get("access-control-allow-origin")) == (403, None)
    assert name not in _user_names(aws)


@pytest.mark.parametrize("key", [*_GUESSED_KEYS, pytest.param(ROOT.access_key, id="the root's")])
@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query string"])
def test_signature_of_a_root_is_checked(aws: EmulatedAws, key: str, in_query: bool) -> None:
    name = f"intruder-{uuid.uuid4()}"
    form = {"Action": "CreateUser", "UserName": name}

    status, _, _ = send(aws.url, "POST", *_signed(aws, Credentials(key, "test"), form, in_query=in_query))

    assert status == 403
    assert name not in _user_names(aws)


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query string"])
def test_root_and_users_are_let_in_by_their_signatures(aws: EmulatedAws, in_query: bool) -> None:
    user = aws.create_user({"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})

    for credentials in (ROOT, Credentials(OTHER_ACCOUNT, ROOT.secret_key), user):
        target, headers, body = _signed(aws, credentials, {"Action": "ListUsers"}, in_query=in_query)
        changed = target.replace("ListUsers", "ListRoles"), headers, body.replace("ListUsers", "ListRoles")

        assert send(aws.url, "POST", target, headers, body)[0] == 200
        assert send(aws.url, "POST", *changed)[0] == 403


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query string"])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_session_needs_its_token(aws: EmulatedAws, token: str, in_query: bool) -> None:
    role = aws.create_role({"AWS": "*"}, {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
    session = aws.assume_role(role)

    def status(token: str | None) -> int:
        credentials = Credentials(session.access_key, session.secret_key, token)
        return send(aws.url, "POST", *_signed(aws, credentials, {"Action": "ListUsers"}, in_query=in_query))[0]

    assert (status(session.token), status(token)) == (200, 403)


def test_token_for_a_root_is_refused(aws: EmulatedAws) -> None:
    credentials = Credentials(ROOT.access_key, ROOT.secret_key, "token")

    assert send(aws.url, "POST", *_signed(aws, credentials, {"Action": "ListUsers"}, in_query=False))[0] == 403


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/_ministack/health", ""),
        ("GET", "/_localstack/health", ""),
        ("GET", "/health", ""),
        ("GET", "/_ministack/ready", ""),
        ("GET", f"/_ministack/sqs/messages?account={ACCOUNT}", ""),
        ("POST", "/_ministack/config", '{"lambda_svc.LAMBDA_EXECUTOR": "local"}'),
        ("POST", "/_ministack/reset", ""),
        ("GET", "/", ""),
        ("GET", "/2015-03-31/functions/", ""),
        ("POST", "/", "Action=ListUsers&Version=2010-05-08"),
        ("GET", "/restapis", ""),
        ("OPTIONS", "/2015-03-31/functions/", ""),
        ("POST", "/oauth2/token", ""),
        ("GET", "/iceberg/v1/config", ""),
        ("GET", "/v2/", ""),
        ("GET", "/latest/meta-data/iam/security-credentials/", ""),
        ("PUT", "/latest/api/token", ""),
    ],
)
def test_unsigned_request_gets_nothing(aws: EmulatedAws, method: str, target: str, body: str) -> None:
    function = aws.create_function()

    status, answered, text = send(aws.url, method, target, {"Content-Type": "text/plain"}, body)

    assert (status, answered.get("access-control-allow-origin")) == (403, None)
    assert not any(word in text for word in ('"services"', '"version"', function, "user-"))
    assert aws.client("lambda").get_function(FunctionName=function)


def test_objects_of_buckets_are_not_anybodys(aws: EmulatedAws) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    aws.client("s3").create_bucket(Bucket=bucket)
    aws.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=b"ours")

    read = send(aws.url, "GET", f"/{bucket}/code.zip")
    written = send(aws.url, "PUT", f"/{bucket}/code.zip", body="theirs")

    assert (read[0], written[0]) == (403, 403)
    assert aws.client("s3").get_object(Bucket=bucket, Key="code.zip")["Body"].read() == b"ours"


def test_link_to_an_object_works_without_credentials_of_ones_own(aws: EmulatedAws) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="code.zip", Body=b"ours")
    request = AWSRequest("GET", f"{aws.url}/{bucket}/code.zip")
    S3SigV4QueryAuth(ROOT, "s3", REGION, expires=60).add_auth(request)
    parts = urlsplit(request.prepare().url)

    assert send(aws.url, "GET", f"{parts.path}?{parts.query}")[::2] == (200, "ours")
    assert send(aws.url, "GET", f"{parts.path}?{parts.query}".replace("code", "cod2"))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": ""},
    ],
    ids=str,
)
def test_signed_request_of_a_page_is_refused_too(aws: EmulatedAws, headers: Mapping[str, str]) -> None:
    """A page that got hold of a signature, or of a name that leads to 127.0.0.1 (DNS rebinding)."""
    body = urlencode({"Action": "ListUsers", "Version": "2010-05-08"})
    url = aws.url.replace(urlsplit(aws.url).netloc, headers.get("Host") or urlsplit(aws.url).netloc)
    request = AWSRequest("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
    SigV4Auth(ROOT, "iam", REGION).add_auth(request)

    status, answered, text = send(aws.url, "POST", "/", {**dict(request.headers.items()), **headers}, body)

    assert (status, answered.get("access-control-allow-origin")) == (403, None)
    assert "user-" not in text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machines_own_names_are_not_foreign(aws: EmulatedAws, host: str) -> None:
    netloc = f"{host}:{urlsplit(aws.url).port}"
    body = urlencode({"Action": "ListUsers", "Version": "2010-05-08"})
    request = AWSRequest("POST", f"http://{netloc}/", {"Content-Type": "application/x-www-form-urlencoded"}, body)
    SigV4Auth(ROOT, "iam", REGION).add_auth(request)

    assert send(aws.url, "POST", "/", {**dict(request.headers.items()), "Host": netloc}, body)[0] == 200


@pytest.mark.parametrize("headers", [_BROWSER, {"Host": "evil.example"}, {"Host": "api.customer.example"}], ids=str)
def test_deployed_apis_paths_are_the_apis_own_matter(aws: EmulatedAws, headers: Mapping[str, str]) -> None:
    open_api, iam_api = aws.create_api(authorization="NONE"), aws.create_api()

    answered = send(aws.url, "POST", urlsplit(open_api.url).path + "/updates", headers, "{}")
    refused = send(aws.url, "POST", urlsplit(iam_api.url).path + "/updates", headers, "{}")

    assert answered[0] == 200
    assert refused[0] == 403


def test_apis_host_leads_to_the_api_and_nowhere_else(aws: EmulatedAws) -> None:
    api = aws.create_api(authorization="NONE")
    host = f"{api.api_id}.execute-api.localhost:{urlsplit(aws.url).port}"

    assert send(aws.url, "POST", "/prod/updates", {"Host": host}, "{}")[0] == 200
    for target in ("/_ministack/health", "/_ministack/sqs/messages", "/v2/", "/health", "/v20180820/tags/x"):
        status, _, text = send(aws.url, "GET", target, {"Host": host})
        assert status in (403, 404), target
        assert "services" not in text
    assert aws.client("lambda").get_function(FunctionName=api.function_name)


@pytest.mark.parametrize("target", ["/%72estapis/a/b/_user_request_/x", "/%5faws/execute-api/a/_user_request_/x"])
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth", "Content-Type": "text/plain"}),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("GET", {}),
        ("PUT", {}),
    ],
)
def test_encoded_path_of_an_api_reaches_nothing_else(
    aws: EmulatedAws, target: str, method: str, headers: Mapping[str, str]
) -> None:
    """Decoded it is an API's path, and as it was sent it is not."""
    body = "Action=ListUsers&Version=2010-05-08" if method == "POST" else ""

    status, answered, text = send(aws.url, method, target, {**headers, **_BROWSER}, body)

    assert (status, answered.get("access-control-allow-origin")) == (404, None)
    assert text == '{"message": "Not Found"}'


def test_host_of_an_api_does_not_open_administration(aws: EmulatedAws) -> None:
    host = f"{aws.create_api().api_id}.execute-api.localhost"

    for headers in ({"Host": host}, {"Host": host, **_BROWSER}):
        status, _, text = send(aws.url, "POST", "/_ministack/rds/iam-auth", headers, "{}")
        assert (status, "allowed" in text) == (403, False)


@pytest.mark.parametrize(
    ("target", "host", "protocol"),
    [
        ("/mqtt", "iot.us-east-1.localhost", "mqtt"),
        ("/_aws/lambda-url/x/", "iot.us-east-1.localhost", "mqtt"),
        ("/mqtt", f"{'a' * 32}.lambda-url.x.iot.us-east-1.localhost", "mqtt"),
        ("/_aws/lambda-url/x/", "abc.appsync-realtime-api.localhost", "aws-appsync-event-ws"),
    ],
)
def test_page_opens_no_web_socket_of_the_emulators_services(
    aws: EmulatedAws, target: str, host: str, protocol: str
) -> None:
    parts = urlsplit(aws.url)
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {host}:{parts.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: {protocol}\r\nOrigin: https://evil.example\r\n\r\n"
    )

    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(1000)

    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("key", _GUESSED_KEYS)
@pytest.mark.parametrize("ahead", ["", "Credential=nobody/{scope}, "], ids=["once", "after another"])
def test_iam_method_does_not_take_a_guessed_key(aws: EmulatedAws, key: str, ahead: str) -> None:
    policy = [allow({"AWS": ACCOUNT}), allow({"AWS": OTHER_ACCOUNT})]
    api = aws.create_api(policy=policy)
    scope = _SCOPE.replace("/iam/", "/execute-api/")
    authorization = (
        f"AWS4-HMAC-SHA256 {ahead.format(scope=scope)}Credential={key}/{scope}, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )
    headers = {"Authorization": authorization, "X-Amz-Date": "20261125T000000Z"}

    assert send(aws.url, "POST", urlsplit(api.url).path + "/updates", headers, "{}")[0] == 403
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(f'{key}/{scope}', safe='')}"
    query += f"&X-Amz-Date=20261125T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
    assert send(aws.url, "POST", f"{urlsplit(api.url).path}/updates?{query}", {}, "{}")[0] == 403


@pytest.mark.parametrize("kind", ["HTTP API", "function URL"])
@pytest.mark.parametrize("key", [None, *_GUESSED_KEYS], ids=str)
def test_other_endpoints_of_the_app_do_not_take_a_guessed_key_either(
    aws: EmulatedAws, kind: str, key: str | None
) -> None:
    function = aws.create_function()
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    if kind == "HTTP API":
        gateway = aws.client("apigatewayv2")
        api_id = gateway.create_api(Name="api", ProtocolType="HTTP")["ApiId"]
        integration = gateway.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        gateway.create_route(
            ApiId=api_id, RouteKey="POST /x", AuthorizationType="AWS_IAM", Target=f"integrations/{integration}"
        )
        gateway.create_stage(ApiId=api_id, StageName="prod", AutoDeploy=True)
        target = f"/_aws/execute-api/{api_id}/prod/x"
    else:
        url = aws.client("lambda").create_function_url_config(FunctionName=function, AuthType="AWS_IAM")["FunctionUrl"]
        target = f"/_aws/lambda-url/{urlsplit(url).netloc.partition('.')[0]}/"
    service = "execute-api" if kind == "HTTP API" else "lambda"

    def status(credentials: Credentials | None) -> int:
        request = AWSRequest("POST", f"{aws.url}{target}", {}, "{}")
        if credentials:
            SigV4Auth(credentials, service, REGION).add_auth(request)
        return send(aws.url, "POST", target, dict(request.headers.items()), "{}")[0]

    assert (status(ROOT), status(Credentials(key, "test") if key else None)) == (200, 403)


def test_functions_credentials_cannot_be_worked_out_from_its_name(aws: EmulatedAws) -> None:
    function = aws.create_function(
        "import os\n"
        "def handler(event, context):\n"
        "    names = ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')\n"
        "    return {**{name: os.environ[name] for name in names}, 'all': list(os.environ.values())}\n"
    )
    client = aws.client("lambda")
    configuration = client.get_function_configuration(FunctionName=function)
    digest = hashlib.sha256(f"{configuration['FunctionArn']}:{configuration['Role']}".encode()).hexdigest()

    found = json.loads(client.invoke(FunctionName=function)["Payload"].read())

    assert found["AWS_SECRET_ACCESS_KEY"] != hashlib.sha256(f"secret:{digest}".encode()).hexdigest()
    assert not {ROOT.access_key, ROOT.secret_key} & set(found["all"])
    own = Credentials(found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"], found["AWS_SESSION_TOKEN"])
    assert aws.client("sts", own).get_caller_identity()["Arn"].endswith(f"/{function}")
    guessed = Credentials(own.access_key, hashlib.sha256(f"secret:{digest}".encode()).hexdigest(), own.token)
    with pytest.raises(ClientError):
        aws.client("sts", guessed).get_caller_identity()


def test_administration_is_the_roots(aws: EmulatedAws) -> None:
    user = aws.create_user({"Effect": "Allow", "Action": "*", "Resource": "*"})

    def status(credentials: Credentials) -> int:
        request = AWSRequest("GET", f"{aws.url}/_ministack/health")
        SigV4Auth(credentials, "sts", REGION).add_auth(request)
        return send(aws.url, "GET", "/_ministack/health", dict(request.headers.items()))[0]

    assert (status(ROOT), status(user)) == (200, 403)


def test_sign_in_to_a_user_pool_needs_no_signature_but_is_no_pages(aws: EmulatedAws) -> None:
    assert aws.create_cognito_token()
    headers = {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth", "Content-Type": "text/plain"}

    assert send(aws.url, "POST", "/", {**headers, **_BROWSER}, "{}")[0] == 403
    # The name of such a call opens nothing else.
    bucket = f"bucket-{uuid.uuid4()}"
    aws.client("s3").create_bucket(Bucket=bucket)
    assert send(aws.url, "PUT", f"/{bucket}/key", headers, "{}")[0] == 403
    host = f"{bucket}.s3.localhost:{urlsplit(aws.url).port}"
    send(aws.url, "POST", "/", {**headers, "Host": host}, "{}")
    assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_amazon_connect_is_for_those_who_know_its_url() -> None:
    connect = AmazonConnect()
    connect.add_instance(f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/one")
    contact_id = connect.create_contact("one")
    body = json.dumps({"InstanceId": "one", "InitialContactId": contact_id, "Attributes": {"a": "b"}})
    with ConnectServer(connect) as server:
        for target in ("/contact/attributes", "/x/contact/attributes", f"/{'0' * 32}/contact/attributes"):
            assert send(server.url, "POST", target, {}, body)[0] == 403

    assert connect.contact(contact_id).attributes == {}


@pytest.mark.parametrize("length", ["abc", "-1", "1e3"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_amazon_connect_survives_a_length_that_is_no_number(
    capfd: pytest.CaptureFixture[str], method: str, length: str
) -> None:
    with ConnectServer(AmazonConnect()) as server:
        status, _, _ = send(server.url, method, "/contact/attributes", {"Content-Length": length})

    assert (status, capfd.readouterr().err) == ({"POST": 403, "DELETE": 501}[method], "")
