"""The AWS CLI: a process for each call, in a home folder of its own."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_constructs.contract.client_model import SERVICE
from tests.clients.answer import Answer
from tests.clients.target import REGION, Credentials, Target

# "aws: [ERROR]: " comes first in newer versions.
_ERROR = re.compile(
    r"An error occurred \((?P<type>\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?:"
    r" (?P<message>[^\n]*)"
)


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    status: int
    output: str
    errors: str


class AwsCli:
    """One AWS CLI. Success is what a script takes for it: exit status 0."""

    shows_http = False
    has_types = False
    retries = True
    reads_type_from_header = True
    makes_text_of_values = False

    def __init__(self, name: str, command: Path, home: Path, model: Path) -> None:
        """Install the project's service model as the README says.

        :param name: The table's heading.
        :param command: The `aws` to run.
        :param home: A new folder, for its settings.
        :param model: What `connect-constructs client-model` has written.
        """
        self.name = name
        self._command = command
        self._home = home
        home.mkdir()
        # As in boto3_sdk.py: what is to be refused has to be sent.
        (home / "config").write_text("[default]\nparameter_validation = false\n", encoding="utf-8")
        added = self.run(
            "configure", "add-model", "--service-name", SERVICE, "--service-model", f"file://{model}", credentials=None
        )
        if added.status:
            raise RuntimeError(f"{name}: aws configure add-model failed: {added.errors}")

    def call(
        self,
        target: Target,
        operation: str,
        parameters: dict[str, Any],
        *,
        credentials: Credentials | None,
        max_attempts: int = 1,
        url: str | None = None,
    ) -> Answer:
        finished = self.update(
            target,
            operation,
            "--cli-input-json",
            json.dumps(parameters, ensure_ascii=False),
            *([] if credentials else ["--no-sign-request"]),
            credentials=credentials,
            max_attempts=max_attempts,
            url=url,
        )
        return self.read(finished)

    def update(
        self,
        target: Target,
        operation: str,
        *arguments: str,
        credentials: Credentials | None,
        max_attempts: int = 1,
        url: str | None = None,
    ) -> Finished:
        """Run `aws connect OPERATION` or, where the signing name matters, `aws contact-updates OPERATION`."""
        service = "connect" if target.signing_name == "connect" else SERVICE
        command = re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower()
        return self.run(
            service,
            command,
            "--endpoint-url",
            url or target.url,
            *arguments,
            credentials=credentials,
            max_attempts=max_attempts,
        )

    def run(
        self,
        *arguments: str,
        credentials: Credentials | None,
        max_attempts: int = 1,
        environment: dict[str, str] | None = None,
    ) -> Finished:
        """Run `aws` with arguments. Raises subprocess.TimeoutExpired after a minute.

        :param environment: What is set beside the credentials and the Region.
        """
        keys = credentials and {
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        }
        finished = subprocess.run(
            [self._command, *arguments],
            env={
                "HOME": str(self._home),
                "PATH": "/usr/bin:/bin",
                "LC_ALL": "C.UTF-8",
                "AWS_CONFIG_FILE": str(self._home / "config"),
                "AWS_DEFAULT_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_PAGER": "",
                "AWS_RETRY_MODE": "standard",
                "AWS_MAX_ATTEMPTS": str(max_attempts),
                **(keys or {}),
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Finished(finished.returncode, finished.stdout, finished.stderr)

    def read(self, finished: Finished) -> Answer:
        """What a command's end says of the call. Raises AssertionError for what is no answer of the service."""
        if finished.status == 0:
            return Answer(output=finished.output)
        error = _ERROR.search(finished.errors)
        assert error, f"{self.name}: exit status {finished.status}, no service's error: {finished.errors}"
        return Answer(error_type=error["type"], message=error["message"], output=finished.output)
