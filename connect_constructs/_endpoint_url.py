"""The URL of an endpoint as a command's argument."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit


def endpoint_url(text: str) -> str:
    """Return `text` without a trailing slash. Raises ArgumentTypeError if it cannot be an endpoint's URL."""
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid host or port
        is_url = False
    if not is_url or parts.query or parts.fragment or parts.username or any(map(str.isspace, text)):
        raise argparse.ArgumentTypeError(
            "expected a URL with the stage, such as https://abc123.execute-api.us-east-1.amazonaws.com/prod, and "
            "without a user, a query or spaces"
        )
    return text.rstrip("/")
