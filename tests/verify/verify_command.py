"""Runs the command in this process."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from connect_constructs.verify.command import add_to, run

User = tuple[str, str]

# The page's origin in the CORS tests.
ORIGIN = "https://crm.example.com"


class Ran(NamedTuple):
    """The command's exit status and output."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> dict[str, Any]:
        """The output of --json."""
        document: dict[str, Any] = json.loads(self.output)
        return document

    @property
    def failed(self) -> set[str]:
        """The names of the failed rows."""
        return {row["row"] for row in self.document["rows"] if not row["passed"]}

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["row"]: row for row in self.document["rows"]}


class Verify:
    """Runs the command with one user's credentials, without the machine's own AWS settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "CONTACT_UPDATES_API_KEY", "CONTACT_UPDATES_HEADER"):
            monkeypatch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, "/dev/null")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        self.act_as(None)

    def act_as(self, user: User | None) -> None:
        """Set the user's access key in the environment, or remove it."""
        for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), user or (None, None), strict=True):
            if value is None:
                self._monkeypatch.delenv(name, raising=False)
            else:
                self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Ran:
        parser = argparse.ArgumentParser()
        add_to(parser.add_subparsers(required=True))
        try:
            code = run(parser.parse_args(["verify", *arguments]))
        except SystemExit as usage:
            code = int(str(usage.code))
        printed = self._capsys.readouterr()
        return Ran(code, printed.out, printed.err)


# Runs the command against the deployed endpoint. Arguments: the sabotage, and further arguments of the command.
Sabotaged = Callable[..., Ran]
