"""A stand-in for Amazon Connect: an HTTPS server that accepts every update, so that a first request includes TLS."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.performance.paired_runs import FailedRunError, completed


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Log nothing."""


@contextlib.contextmanager
def connect_stub(directory: Path, bundle: Path) -> Iterator[dict[str, str]]:
    """Serve, and yield the environment variables that point botocore here. Raises FailedRunError without openssl.

    The server's certificate is appended to those of `bundle`, which botocore also loads for Amazon Connect.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise FailedRunError("openssl: expected the command on the path, for the certificate of a local server")
    key, certificate, trusted = directory / "key.pem", directory / "certificate.pem", directory / "trusted.pem"
    completed(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    )  # fmt: skip
    trusted.write_bytes(bundle.read_bytes() + b"\n" + certificate.read_bytes())
    server = ThreadingHTTPServer(("localhost", 0), _Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            "AWS_ENDPOINT_URL_CONNECT": f"https://localhost:{server.server_port}",
            "AWS_CA_BUNDLE": str(trusted),
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
