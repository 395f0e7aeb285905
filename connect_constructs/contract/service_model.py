"""The contract itself: the service model of the two operations."""

from __future__ import annotations

import functools
import json
from typing import Any

from connect_constructs._handler_code import handler_directory

# The media types of request bodies; paws, the AWS SDK for R, sends the second one.
MEDIA_TYPES = ("application/json", "application/x-amz-json-1.1")


@functools.cache
def service_model() -> dict[str, Any]:
    """The service model, from the file that the handler also reads."""
    file = handler_directory() / "sdk_models" / "connect" / "2017-08-08" / "service-2.json"
    model: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return model
