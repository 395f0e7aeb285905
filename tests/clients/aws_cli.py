"""The AWS CLI: one process per call, with a home folder of its own."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from connect_constructs.contract.client_model import SERVICE
from tests.clients.call import REGION, Answer, Call, Credentials

# Newer versions print "aws: [ERROR]: " first.
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
    """One AWS CLI. As for a script, success is exit status 0."""

    shows_http = False
    has_types = False
    retries = True
    reads_type_from_header = True
    makes_text_of_values = False

    def __init__(self, name: str, command: Path, home: Path, model: Path) -> None:
        """Install the project's service model as documented.

        :param name: The column's heading in the table.
        :param command: The `aws` to run.
        :param home: A new folder for its settings.
        :param model: The output of `connect-constructs client-model`.
        """
        self.name = name
        self._command = command
        self._home = home
        home.mkdir()
        # As in boto3_sdk.py: invalid input must be sent so that it can be refused.
        (home / "config").write_text("[default]\nparameter_validation = false\n", encoding="utf-8")
        added = self.run(
            "configure", "add-model", "--service-name", SERVICE, "--service-model", f"file://{model}", credentials=None
        )
        if added.status:
            raise RuntimeError(f"{name}: aws configure add-model failed: {added.errors}")

    def call(self, call: Call) -> Answer:
        unsigned = [] if call.credentials else ["--no-sign-request"]
        return self.read(
            self.command(call, "--cli-input-json", json.dumps(call.parameters, ensure_ascii=False), *unsigned)
        )

    def command(self, call: Call, *arguments: str) -> Finished:
        """Run `aws connect OPERATION` or, if the signing name matters, `aws contact-updates OPERATION`.

        :param arguments: They replace the call's parameters.
        """
        service = "connect" if call.signing_name == "connect" else SERVICE
        command = re.sub(r"(?<!^)(?=[A-Z])", "-", call.operation).lower()
        return self.run(
            *(service, command, "--endpoint-url", call.url, *arguments),
            credentials=call.credentials,
            max_attempts=call.max_attempts,
        )

    def run(
        self,
        *arguments: str,
        credentials: Credentials | None,
        max_attempts: int = 1,
        environment: dict[str, str] | None = None,
    ) -> Finished:
        """Run `aws` with arguments. Raises subprocess.TimeoutExpired after a minute.

        :param environment: Variables in addition to the credentials and the Region.
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
        """Read the answer from a finished command. Raises AssertionError if the service did not answer."""
        if finished.status == 0:
            return Answer(output=finished.output)
        error = _ERROR.search(finished.errors)
        assert error, f"{self.name}: exit status {finished.status}, no error of the service: {finished.errors}"
        return Answer(error_type=error["type"], message=error["message"], output=finished.output)
