"""The log line of a request or message: who called, what happened to which contact, how long it took. No values.

The line of an update also has its metrics, from which CloudWatch Logs makes CloudWatch metrics (Amazon CloudWatch User
Guide, "Specification: Embedded metric format").
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import time
import traceback
from typing import Any

NAMESPACE = "ConnectConstructs"
# Each metric with its unit. A metric is in the line only if it has a value.
METRICS = {
    "Updates": "Count",
    # One value for each call to Amazon Connect, so that the number of values is the number of calls.
    "ConnectLatency": "Milliseconds",
    "Throttles": "Count",
    "AccessDenied": "Count",
    "MergedUpdates": "Count",
    "HeldUpAttempts": "Count",
    "DeadLetters": "Count",
}

_FUNCTION = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "unknown")

# Longer than any identifier of AWS. Producers and authorizers can choose identifiers of any length.
_MAX_IDENTIFIER_LENGTH = 1_024

# As AWS Lambda and the X-Ray SDKs write it (AWS X-Ray Developer Guide, "Tracing header"). AWS Lambda detects recursive
# loops by Lineage.
_TRACE_HEADER = re.compile(
    r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}(?:;Parent=[0-9a-f]{16})?(?:;Sampled=[01?])?(?:;Lineage=[0-9a-f:|]{1,200})?\Z"
)
_TRACE_VARIABLE = "_X_AMZN_TRACE_ID"

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")

# In ASCII, so that no character of an identifier can end the line. The fields have no cycles to check for.
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def write(fields: dict[str, Any]) -> None:
    """Write `fields` as one line of JSON."""
    _write(_encode(fields))


def write_update(fields: dict[str, Any], metrics: dict[str, Any]) -> None:
    """Write the line of an update, and count it. `fields` have its operation and outcome, `metrics` its other metrics.

    An update without an operation is counted by function only, because each dimension needs a value.
    """
    ending = _ending(fields["operation"] is not None, *metrics)
    _write(f"{_encode({**fields, **metrics})[:-1]},{ending}{int(time.time() * 1000)}}}}}")


@functools.cache
def _ending(by_outcome: bool, *metrics: str) -> str:
    """The rest of an update's line, up to the time. It is the same for each line with these metrics."""
    dimensions = [["function"], ["function", "operation", "outcome"]]
    # Only updates are counted by outcome: CloudWatch bills each combination of dimensions as a metric of its own.
    directives = [_directive(dimensions if by_outcome else dimensions[:1], "Updates")]
    if metrics:
        directives.append(_directive(dimensions[:1], *metrics))
    members = {"function": _FUNCTION, "Updates": 1, "_aws": {"CloudWatchMetrics": directives, "Timestamp": 0}}
    return _encode(members)[1:].removesuffix("0}}")


def _directive(dimensions: list[list[str]], *metrics: str) -> dict[str, Any]:
    """Says which members of the line are metrics, and by which other members they are counted."""
    definitions = [{"Name": name, "Unit": METRICS[name]} for name in metrics]
    return {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": definitions}


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def identifier(value: Any) -> str | None:
    """An identifier from outside, cut to 1,024 characters. None if it is not text."""
    return value[:_MAX_IDENTIFIER_LENGTH] if isinstance(value, str) else None


def contact_id(value: Any) -> str | None:
    """A contact id in lower case. None unless it has the form of a UUID, as Amazon Connect's contact ids have.

    The contract allows any text of 1 to 256 characters, such as a customer's name or number.
    """
    return value.lower() if isinstance(value, str) and _UUID.match(value) else None


def trace_header(value: Any) -> str | None:
    """An AWS X-Ray trace header, or None unless it is well-formed: callers can send any text in its place."""
    return value if isinstance(value, str) and _TRACE_HEADER.match(value) else None


def trace_id(header: str | None) -> dict[str, str]:
    """The log line's field with the trace id of a well-formed header; empty without one."""
    return {"traceId": header.partition(";")[0].removeprefix("Root=")} if header else {}


def own_trace_header() -> str | None:
    """The trace header of this invocation, as AWS Lambda's runtime sets it.

    A malformed one is removed: botocore would send it with each request (`add_recursion_detection_header`).
    """
    header = trace_header(os.environ.get(_TRACE_VARIABLE))
    if header is None:
        os.environ.pop(_TRACE_VARIABLE, None)
    return header


def fault(error: Exception) -> dict[str, str]:
    """The type and place of an unexpected exception. Its message may quote the request, and is not logged."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    return {"fault": type(error).__name__, "faultAt": place}
