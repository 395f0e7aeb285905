"""An upstream with scripted answers, byte for byte, for responses that a well-behaved Amazon Connect never gives."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from types import TracebackType

# RST instead of FIN when the socket closes.
_RESET = struct.pack("ii", 1, 0)


def http(status: str, body: bytes | str = b"", *headers: str) -> bytes:
    """An HTTP response, such as `http("503 Service Unavailable", "<html>")`."""
    body = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def typed(status: str, error_type: str, message: str = "Words.") -> bytes:
    """An error response of Amazon Connect."""
    body = json.dumps({"Message": message}, ensure_ascii=False)
    return http(status, body, f"x-amzn-ErrorType: {error_type}", "x-amzn-RequestId: up-1")


class ScriptedUpstream:
    """Gives each request the next answer of the script, repeats the last one, and closes each connection.

    `RESET` resets the connection after the request was read; `SILENCE` never answers.
    """

    RESET = b"\0reset"
    SILENCE = b"\0silence"

    def __init__(self) -> None:
        self._answers: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.requests: list[bytes] = []

    def script(self, *answers: bytes) -> None:
        """Give these answers from now on, and forget the requests so far."""
        self._answers = list(answers)
        self.requests.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> ScriptedUpstream:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):  # the accepting thread may have seen the flag already
            socket.create_connection(self._listener.getsockname()).close()
        self._thread.join(5)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._stopped.is_set():
                    return
                self.requests.append(_request(connection))
                self._answer(connection, self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])

    def _answer(self, connection: socket.socket, answer: bytes) -> None:
        if answer == self.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif answer == self.SILENCE:
            connection.recv(1)  # until the client gives up and closes
        else:
            connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        head = b""
        length = 0
        while (line := stream.readline()) not in {b"\r\n", b""}:
            head += line
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return head + b"\r\n" + stream.read(length)
