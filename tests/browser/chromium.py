"""A page in headless Chromium, controlled through playwright-core in a Node process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Refusal:
    """An error that a script in the page caught."""

    name: str
    message: str


@dataclass(frozen=True)
class HttpAnswer:
    """What a script in the page sees of a response. `headers` are those that CORS exposes, in lower case."""

    status: int
    headers: dict[str, str]
    body: str


class Chromium:
    """One browser with one page. A context manager."""

    def __init__(self, executable: str, profile: Path) -> None:
        """Use `profile` as the folder for the browser's state."""
        self._command = ["node", "serve.mjs", executable, str(profile)]

    def __enter__(self) -> Chromium:
        self._process = subprocess.Popen(
            self._command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closes standard input, which makes the process close the browser.
        self._process.communicate(timeout=20)

    def open(self, url: str) -> None:
        self._run("open", url=url)

    def fill(self, selector: str, text: str) -> None:
        self._run("fill", selector=selector, text=text)

    def click(self, selector: str) -> None:
        self._run("click", selector=selector)

    def read(self, selector: str) -> str:
        """Wait for an element to have a text, and return the text."""
        return str(self._run("read", selector=selector))

    def screenshot(self, path: Path) -> None:
        self._run("screenshot", path=str(path.absolute()))

    def call(self, module: str, name: str, *args: Any) -> Refusal | None:
        """Call a function of a module of the page. Returns the error that it throws, or None."""
        result = self._run("call", module=module, name=name, args=args)
        return Refusal(**result["error"]) if "error" in result else None

    def fetch(self, url: str, **options: Any) -> HttpAnswer | Refusal:
        """Make the page `fetch` a URL with these options."""
        result = self._run("fetch", url=url, options=options)
        return Refusal(**result["error"]) if "error" in result else HttpAnswer(**result)

    def _run(self, command: str, **parameters: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"command": command, **parameters}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the browser's driver has ended; its last words are in the test's output")
        answer = json.loads(line)
        if "crash" in answer:
            raise RuntimeError(answer["crash"])
        return answer["result"]
