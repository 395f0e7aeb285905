"""Requests as bytes, without what a library would add or check."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit


def send(
    url: str, method: str = "GET", target: str = "/", headers: Mapping[str, str] | None = None, body: str = ""
) -> tuple[int, dict[str, str], str]:
    """One raw request; status, headers in lower case and body of the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    sent = {"Host": parts.netloc, "Content-Length": str(len(body)), **(headers or {})}
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text
