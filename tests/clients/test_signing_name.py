"""API Gateway requires signatures for the service execute-api."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.clients import client_names
from tests.clients.call import REGION, Call, Credentials
from tests.clients.target import ClientNamed


class _Recorder(ThreadingHTTPServer):
    """Answers each request with 200 and keeps its Authorization header."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.authorizations: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Recorder

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.authorizations.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recorder() -> Iterator[_Recorder]:
    with _Recorder() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("client_name", client_names.ALL)
def test_signs_for_execute_api(client_name: str, client_named: ClientNamed, recorder: _Recorder) -> None:
    call = Call(
        url=f"http://127.0.0.1:{recorder.server_port}/prod",
        signing_name="execute-api",
        operation="UpdateContactAttributes",
        parameters={"InstanceId": "i", "InitialContactId": "c", "Attributes": {"a": "b"}},
        credentials=Credentials("AKIAEXAMPLE", "secret"),
    )

    answer = client_named(client_name).call(call)

    assert answer.error_type is None
    (authorization,) = recorder.authorizations
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert f"/{REGION}/execute-api/aws4_request" in authorization
