"""The URL of an endpoint, as an argument of a command."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit


def endpoint_url(text: str) -> str:
    """`text` without a slash at its end, if it can be an endpoint's URL. Raises ArgumentTypeError."""
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a broken host or port
        is_url = False
    if not is_url or parts.query or parts.fragment or parts.username or any(map(str.isspace, text)):
        raise argparse.ArgumentTypeError(
            "expected a URL with the stage, such as https://abc123.execute-api.us-east-1.amazonaws.com/prod, without "
            "a user, a query or spaces"
        )
    return text.rstrip("/")
