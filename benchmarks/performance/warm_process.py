"""The CPU time of requests in a warm function without a network: what a handler adds to botocore's call.

    python warm_process.py MODULE EVENT_FILE REQUESTS

Runs in the peers' environment, with one handler per process, because Powertools' Tracer patches botocore for all. The
last line on standard error has the medians in seconds; standard output is the handler's log.
"""

import importlib
import io
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.httpsession import URLLib3Session
from lambda_process import Context
from urllib3 import HTTPResponse

# Bytes of all keys and values together, up to Amazon Connect's limit.
SIZES = (100, 1_000, 4_000, 16_000, 32_768)
_ATTRIBUTE_BYTES = 50
LETTERS = {"ASCII": "v", "two bytes a letter": "ü"}

_seconds_in_call = 0.0


def _measure_calls() -> None:
    """Answer every client's call at once, and record the CPU time that the call takes."""
    call = BaseClient._make_api_call

    def timed(client: Any, operation: str, parameters: Any) -> Any:
        global _seconds_in_call
        started = time.thread_time()
        try:
            return call(client, operation, parameters)
        finally:
            _seconds_in_call += time.thread_time() - started

    def answer(_: Any, request: Any) -> AWSResponse:
        headers = {"x-amzn-RequestId": "11111111-2222-3333-4444-555555555555", "Content-Type": "application/json"}
        body = HTTPResponse(io.BytesIO(b"{}"), headers=headers, status=200, preload_content=False)
        return AWSResponse(request.url, 200, body.headers, body)

    BaseClient._make_api_call = timed
    URLLib3Session.send = answer


def _request(handler: Any, event: dict[str, Any]) -> tuple[float, float]:
    """The CPU seconds of one request and of botocore's call in it."""
    global _seconds_in_call
    _seconds_in_call = 0.0
    started = time.thread_time()
    answer = handler(event, Context())
    seconds = time.thread_time() - started
    if answer["statusCode"] != 200:
        sys.exit(f"expected status 200, got {answer}")
    return seconds, _seconds_in_call


def _medians(handler: Any, event: dict[str, Any], requests: int) -> dict[str, float]:
    samples = [_request(handler, event) for _ in range(requests)]
    return {
        "request": statistics.median(total for total, _ in samples),
        "call": statistics.median(call for _, call in samples),
        "own": statistics.median(total - call for total, call in samples),
    }


def _with_attributes(event: dict[str, Any], size: int, letter: str) -> dict[str, Any]:
    """`event` with attributes of `size` UTF-8 bytes."""
    count = max(1, size // _ATTRIBUTE_BYTES)
    keys = [f"key{position:05}" for position in range(count)]
    letters, rest = divmod(size - sum(map(len, keys)), len(letter.encode()))
    each, more = divmod(letters, count)
    values = {key: letter * (each + (position < more)) for position, key in enumerate(keys)}
    values[keys[-1]] += "v" * rest
    return {**event, "body": json.dumps(json.loads(event["body"]) | {"Attributes": values})}


def main(module: str, event_file: str, requests: str) -> None:
    _measure_calls()
    event: dict[str, Any] = json.loads(Path(event_file).read_text(encoding="utf-8"))
    handler = importlib.import_module(module).handler
    _medians(handler, event, 50)  # work that is done once
    typical = _medians(handler, event, int(requests))
    events = {(kind, size): _with_attributes(event, size, LETTERS[kind]) for kind in LETTERS for size in SIZES}
    samples: dict[tuple[str, int], list[float]] = {of: [] for of in events}
    # In turn, so that a drift in the machine's speed affects all sizes equally.
    for _ in range(int(requests) // 5):
        for of, sized in events.items():
            seconds, in_call = _request(handler, sized)
            samples[of].append(seconds - in_call)
    own_by_size = {kind: {size: statistics.median(samples[kind, size]) for size in SIZES} for kind in LETTERS}
    print(json.dumps({"typical": typical, "own_by_size": own_by_size}), file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
