"""Every call is signed with the secret of its key, including a root user's.

AWS checks the signature of each request (IAM User Guide, "AWS Signature Version 4 for API requests"). ministack accepts
any signature for the keys of its root users (`test` and any twelve digits), serves some paths unsigned, and lets every
web page read its responses. A local AWS runs code, so whoever can call it runs code as the developer.

So a request is refused unless it is one of these:

- A call of an API that the app has deployed (REST, HTTP or WebSocket) or of a function URL, recognised by path or host
  name. These authorize their callers and have their own CORS settings. Such a request can reach nothing else.
- A request with a valid version 4 signature, in a header or in the query string, by a key of this run. The emulator's
  own paths are for root users only. Other callers must name one action, so that it is the one whose permission is
  checked.
- What AWS also accepts unsigned: operations whose model says so (signing in to a user pool, assuming a role with a web
  identity), a user pool's public keys, and CloudFormation's secret URLs for custom resources and wait conditions.

The secrets of the functions' sessions are random and new in each run; ministack derives them from names that can be
guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs, quote

from api_authorization import account_of
from ministack import app as emulator
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, router, sigv4
from ministack.core.iam_evaluator import AuthError, CredentialResolutionError, ResolvedCredential, SignedRequest
from ministack.services import lambda_svc, sts

Scope = dict[str, Any]
Channel = Callable[..., Awaitable[Any]]
Headers = dict[str, str]
Query = dict[str, list[str]]

_ENDPOINT_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")
_SECRET_URL = re.compile(r"/_ministack/cfn-(response|signal)/.+")
_PUBLIC_KEYS = re.compile(r"/([^/]+)/\.well-known/(jwks\.json|openid-configuration)")
_ADMINISTRATION = re.compile(r"/(_ministack|_localstack)/.*|/health")
_BODY_ENCODINGS = frozenset({"content-encoding", "x-amz-content-sha256", "x-amz-decoded-content-length"})
_UNSIGNED = AuthError("MissingAuthenticationToken", "Request is missing Authentication Token")
_NOT_ROOT = AuthError("AccessDenied", "This path is for the root of the local AWS")
_HIDDEN_ACTION = AuthError("AccessDenied", "Expected one Action, in the query string or in a form")

# The services of an app's resources and identities whose requests name an Action (AWS's Query protocol).
_QUERY_SERVICES = frozenset({"cloudformation", "iam", "sns", "sqs", "sts"})

# Whether the current request is for something that the app has deployed.
_is_for_the_app: ContextVar[bool] = ContextVar("is_for_the_app", default=False)


def close() -> None:
    """Check signatures before the emulator handles a request."""
    _check_signatures_of_roots()
    _randomise_secrets_of_functions()
    _route_to_the_app_only()
    application = emulator.app

    async def run(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
            return
        is_for_the_app = is_of_the_app(scope)
        _is_for_the_app.set(is_for_the_app)
        if is_for_the_app:
            await application(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _guard(application, scope, receive, send)

    emulator.app = run


async def _guard(application: Any, scope: Scope, receive: Channel, send: Channel) -> None:
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(chunks)
    headers = _headers(scope["headers"])
    query = parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
    error = _error(scope, headers, query, body)
    if error:
        status, answered, text = _refusal(error, scope, headers, query, body)
        await emulator._send_response(send, status, answered, text, head=scope["method"] == "HEAD")
        return
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def received() -> Any:
        return next(parts, None) or await receive()

    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value) for name, value in message["headers"] if not name.lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": kept}
        await send(message)

    await application(scope, received, sent)


def _headers(sent: list[tuple[bytes, bytes]]) -> Headers:
    """The headers by lower-case name. Repeated ones are joined as in Signature Version 4."""
    headers: Headers = {}
    for name, value in sent:
        key, text = name.decode("latin-1").lower(), sigv4.decode_header_value(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def is_of_the_app(scope: Scope) -> bool:
    """Whether this HTTP or WebSocket request is for an API or a function URL."""
    host, path = _headers(scope["headers"]).get("host", ""), scope["path"]
    if path.startswith("/_ministack/"):
        return False
    if emulator._parse_execute_api_url(host, path) is not None:
        return True
    # For a WebSocket, the emulator recognises APIs in this way only; it would take the others for its own services.
    return scope["type"] == "http" and (
        emulator._resolve_custom_domain_request(host, path) is not None
        or emulator._parse_lambda_url(host, path) is not None
    )


def _error(scope: Scope, headers: Headers, query: Query, body: bytes) -> AuthError | None:
    if not (headers.get("authorization") or router.extract_access_key_id(headers, query)):
        return None if _is_accepted_unsigned(scope, headers, query, body) else _UNSIGNED
    caller = _caller(scope, headers, query, body)
    if isinstance(caller, AuthError):
        return caller
    if caller.principal_type == "Root":
        return None
    if _ADMINISTRATION.fullmatch(scope["path"]):
        return _NOT_ROOT
    return _HIDDEN_ACTION if _hides_its_action(scope, headers, query, body) else None


def _is_accepted_unsigned(scope: Scope, headers: Headers, query: Query, body: bytes) -> bool:
    method, path = scope["method"], scope["path"]
    if method == "PUT" and _SECRET_URL.fullmatch(path):
        return True
    public_keys = _PUBLIC_KEYS.fullmatch(path)
    if method == "GET" and public_keys:
        return emulator._get_module("cognito")._get_pool_unscoped(public_keys[1]) is not None
    # With another path or host name, the emulator would route such a request elsewhere.
    if (method, path, query) != ("POST", "/", {}) or not _ENDPOINT_HOST.fullmatch(headers.get("host", "").lower()):
        return False
    service, parameters = _routed(scope, headers, query, body)
    if not _names_one_operation(service, headers, body):
        return False
    action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters)
    return bool(action) and action.partition(":")[2] in iam_actions.unsigned_operations(service)


def _names_one_operation(service: str, headers: Headers, body: bytes) -> bool:
    """Whether the emulator will perform the operation that is checked here.

    Its STS prefers an action in the body, whatever the header says; and bodies are decoded after this check.
    """
    if not _BODY_ENCODINGS.isdisjoint(headers):
        return False
    if service != "sts":
        return "x-amz-target" in headers
    return _is_form(headers) and "x-amz-target" not in headers and len(_actions_in(body)) == 1


def _hides_its_action(scope: Scope, headers: Headers, query: Query, body: bytes) -> bool:
    """Whether the emulator would perform another action than the one whose permission it checks.

    It checks the action in the query string, or else the one in a form. It performs the one in the body, whatever the
    content type says.
    """
    service, _ = _routed(scope, headers, query, body)
    is_json = headers.get("content-type", "").startswith("application/x-amz-json")
    if service not in _QUERY_SERVICES or (service == "sqs" and is_json):
        return False
    in_body = _actions_in(body)
    if in_body and not _is_form(headers):
        return True
    is_encoded = "content-encoding" in headers or headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
    return is_encoded or len(in_body) + len(query.get("Action", [])) > 1


def _routed(scope: Scope, headers: Headers, query: Query, body: bytes) -> tuple[str, Query]:
    """The service to which the emulator passes the request, and the parameters by which it decides."""
    parameters = emulator._routing_params(scope["method"], scope["path"], headers, body, query)
    return router.detect_service(scope["method"], scope["path"], headers, parameters), parameters


def _is_form(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _actions_in(body: bytes) -> list[str]:
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).get("Action", [])


def _caller(scope: Scope, headers: Headers, query: Query, body: bytes) -> ResolvedCredential | AuthError:
    """The credential that signed the request, or what is wrong with the signature."""
    is_in_header = headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
    if not is_in_header and headers.get("authorization"):
        return AuthError("IncompleteSignature", "Expected a signature of version 4 (AWS4-HMAC-SHA256)")
    signature = sigv4.parse_header_signature(headers) if is_in_header else sigv4.parse_query_signature(query)
    if isinstance(signature, tuple):
        return AuthError(*signature)
    # This is the key that the emulator uses.
    if signature.access_key_id != router.extract_access_key_id(headers, query) or signature.region_set is not None:
        return _UNSIGNED
    expired = _expiry(signature, query, is_presigned=not is_in_header)
    if expired:
        return expired
    key = signature.access_key_id
    token = headers.get("x-amz-security-token") if is_in_header else query.get("X-Amz-Security-Token", [""])[0]
    credential = iam_evaluator.resolve_credential(key, account_of(key), token or "")
    if isinstance(credential, CredentialResolutionError):
        # A session key without its token counts as unknown.
        known = credential.code != "InvalidToken" or token
        return AuthError(credential.code if known else "UnrecognizedClientException", credential.message)
    failure = sigv4.header_signature_failure(
        signature,
        credential.secret_access_key,
        scope["method"],
        _raw_path(scope),
        query,
        headers,
        body,
        presigned=not is_in_header,
    )
    return AuthError(*failure) if failure else credential


def _expiry(signature: Any, query: Query, *, is_presigned: bool) -> AuthError | None:
    if not (is_presigned and signature.service == "s3"):
        skew = sigv4.request_time_failure(signature)
        return AuthError(*skew) if skew else None
    # A presigned link to an object states its own lifetime.
    try:
        expired = sigv4.presigned_request_is_expired(signature.amz_date, query.get("X-Amz-Expires", ["0"])[0])
    except ValueError:
        expired = True
    return AuthError("AccessDenied", "Request has expired") if expired else None


def _raw_path(scope: Scope) -> str:
    raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw_path.decode("latin-1")


def _refusal(error: AuthError, scope: Scope, headers: Headers, query: Query, body: bytes) -> Any:
    """The error in the format of the service that the request is for, so that its client can read it."""
    service, parameters = _routed(scope, headers, query, body)
    action = iam_actions.extract_iam_action(service, scope["method"], scope["path"], headers, body, parameters) or ""
    _, answered, text = emulator._credential_failure(service, action, secrets.token_hex(16), error, headers)
    return 403, answered, text


def _route_to_the_app_only() -> None:
    before_body, after_body = emulator._handle_pre_body_request, emulator._handle_post_body_shortcuts
    special = emulator._handle_special_data_plane_request

    async def handled_before(*arguments: Any) -> Any:
        return None if _is_for_the_app.get() else await before_body(*arguments)

    async def handled_after(*arguments: Any) -> Any:
        return None if _is_for_the_app.get() else await after_body(*arguments)

    async def handled(
        method: str, path: str, headers: Headers, body: bytes, query: Query, request_id: str, **raw: Any
    ) -> Any:
        if not _is_for_the_app.get():
            return await special(method, path, headers, body, query, request_id, **raw)
        host = headers.get("host", "")
        paths = {name: raw[name] for name in ("raw_path", "raw_query_string")}
        answer = await emulator._handle_execute_api_request(host, path, method, headers, body, query, **paths)
        if answer is not None:
            return emulator._with_data_plane_headers(answer, request_id, wildcard_cors=False)
        answer = await emulator._handle_lambda_url_request(host, path, method, headers, body, query)
        # Both are None if only the decoded path is an API's (see `encoded_paths`). Without an answer here, the emulator
        # would pass the request on to its services.
        return answer or (404, {"Content-Type": "application/json"}, b'{"message": "Not Found"}')

    emulator._handle_pre_body_request, emulator._handle_post_body_shortcuts = handled_before, handled_after
    emulator._handle_special_data_plane_request = handled


def _check_signatures_of_roots() -> None:
    """Let APIs and function URLs check root users' signatures, too: keep their requests like those of other users."""
    pin = emulator.pin_signed_request

    def pinned(method: str, raw_path: str, query: Query, sent: Any, handshake: bool = False) -> None:
        pin(method, raw_path, query, sent, handshake)
        headers = _headers(sent)
        key = router.extract_access_key_id(headers, query)
        if key and iam_evaluator.is_root_access_key(key):
            is_in_header = headers.get("authorization", "").startswith("AWS4-HMAC-SHA256")
            request = SignedRequest(
                key,
                method,
                raw_path,
                query,
                headers,
                presigned=not is_in_header,
                handshake=handshake,
                s3_scoped=not is_in_header and iam_evaluator._s3_presigned_query(query),
            )
            iam_evaluator._signed_request.set(request)

    emulator.pin_signed_request = iam_evaluator.pin_signed_request = pinned


def _randomise_secrets_of_functions() -> None:
    run_secret = secrets.token_bytes(32)

    def derived(kind: str, configuration: Mapping[str, Any]) -> str:
        text = f"{kind}:{configuration['FunctionArn']}:{configuration.get('Role', '')}"
        return hmac.new(run_secret, text.encode(), hashlib.sha256).hexdigest()

    def execution_credentials(configuration: Mapping[str, Any]) -> dict[str, str]:
        """The credentials of the function's role, the same in all of its execution environments."""
        account = configuration["FunctionArn"].split(":")[4]
        role = configuration.get("Role", "").rsplit("/", 1)[-1]
        session = configuration.get("FunctionName", "function")[:64]
        key = f"ASIA{derived('key', configuration)[:16].upper()}"
        secret, token = derived("secret", configuration), derived("token", configuration)
        sts.register_session(
            key,
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
                "UserId": f"{role}:{session}",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}

    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials
