"""The context in an app's cdk.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def cdk_json_context(directory: Path) -> dict[str, Any]:
    """Return the context in the cdk.json of `directory`. Raises FileNotFoundError; ValueError if it is malformed."""
    file = directory / "cdk.json"
    try:
        configuration = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    context = configuration.get("context", {}) if isinstance(configuration, dict) else None
    if not isinstance(context, dict):
        raise ValueError(f"{file}: expected a JSON object whose context is an object")
    return context
