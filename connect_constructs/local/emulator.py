"""The emulator, ministack: a separate process with its own Python environment."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from connect_constructs._signals import uninterrupted
from connect_constructs.local.cache import cached
from connect_constructs.local.command import end_group, last_lines, run
from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.ports import free_port

REGION = "us-east-1"
# The default account, for apps that do not name one.
ACCOUNT = "000000000000"
# The root user's credentials, random for this process. The root user of another account has the account number as its
# key, and the same secret.
ROOT_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": f"AKIA{secrets.token_hex(8).upper()}",
    "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
}

_REQUIREMENTS = Path(__file__).with_name("emulator-requirements.txt")
_PROCESS = Path(__file__).with_name("emulator_gaps")
_START_SECONDS = 30
# Then it is killed: it ignores SIGTERM while a custom resource is pending.
_STOP_SECONDS = 3


def emulator_python(environment: dict[str, str]) -> Path:
    """The interpreter of the emulator's environment, which is created in the cache folder if it is missing.

    The emulator needs its own environment because it pins an older botocore, and because the functions run with its
    packages: that way they have boto3 and nothing of ours. Raises LocalAwsError if the environment cannot be created.
    """
    fingerprint = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"

    def build(folder: Path) -> None:
        python = folder / "bin" / "python"
        doing = "setting up the emulator"
        if shutil.which("uv"):
            run(["uv", "venv", "--python", sys.executable, "--clear", folder], doing=doing, environment=environment)
            install: list[str | Path] = ["uv", "pip", "install", "--python", python]
        else:
            run([sys.executable, "-m", "venv", folder], doing=doing, environment=environment)
            install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        run([*install, "--require-hashes", "-r", _REQUIREMENTS], doing=doing, environment=environment)

    return cached(f"emulator-{fingerprint}-py{version}", build, wanted="bin/python")


class Emulator:
    """A running emulator on a free port of 127.0.0.1, as a context manager. It enforces IAM."""

    def __init__(
        self,
        python: Path,
        directory: Path,
        *,
        connect_url: str,
        account: str = ACCOUNT,
        account_concurrency: int | None = None,
    ) -> None:
        """Prepare the emulator. It starts when the context is entered.

        :param python: The interpreter from `emulator_python`.
        :param directory: An existing directory for its state and the functions' files.
        :param connect_url: The endpoint of Amazon Connect for the functions.
        :param account: The account that it emulates.
        :param account_concurrency: The account's limit of concurrent executions; new accounts may have 10. Default:
            1,000 can be reserved, and as many run as the machine can bear.
        """
        self._python = python
        self._directory = directory
        self._connect_url = connect_url
        self._account = account
        self._account_concurrency = account_concurrency
        self._log = directory / "emulator.log"
        self._process: subprocess.Popen[str] | None = None
        self._port = free_port()

    @property
    def url(self) -> str:
        """The endpoint of all its services."""
        return f"http://127.0.0.1:{self._port}"

    def api_url(self, api_id: str, stage: str) -> str:
        """The endpoint of a REST API's stage."""
        return f"{self.url}/restapis/{api_id}/{stage}/_user_request_"

    def __enter__(self) -> Emulator:
        for name in ("tmp", "state", "home"):
            (self._directory / name).mkdir()
        try:
            # A signal must not come between the start of the process and its being known here.
            with self._log.open("w") as log, uninterrupted():
                self._process = subprocess.Popen(
                    # -I: it must find nothing but its own environment and that folder.
                    [str(self._python), "-I", str(_PROCESS)],
                    env=self._environment(),
                    cwd=self._directory,
                    stdin=subprocess.PIPE,  # held open: the emulator exits when it is closed
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    text=True,
                    start_new_session=True,
                )
            self._wait_until_healthy(self._process)
        except BaseException:
            with uninterrupted():
                self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _environment(self) -> dict[str, str]:
        # The functions inherit this, but with credentials of their own. It has nothing from the user's environment, and
        # it has AWS_ENDPOINT_URL_CONNECT.
        return {
            **ROOT_CREDENTIALS,
            "PATH": f"{self._python.parent}:/usr/bin:/bin",
            "HOME": str(self._directory / "home"),
            "TMPDIR": str(self._directory / "tmp"),
            "STATE_DIR": str(self._directory / "state"),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "MINISTACK_ACCOUNT_ID": self._account,
            **({"LAMBDA_ACCOUNT_CONCURRENCY": str(limit)} if (limit := self._account_concurrency) else {}),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "PYTHONUNBUFFERED": "1",
            "AWS_ENDPOINT_URL_CONNECT": self._connect_url,
        }

    def _wait_until_healthy(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        # A proxy of the user cannot reach this machine's loopback interface.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with direct.open(self._signed(f"{self.url}/_ministack/health"), timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise LocalAwsError(f"the emulator did not start:\n{last_lines(self._log.read_text(errors='replace'))}")

    @staticmethod
    def _signed(url: str) -> urllib.request.Request:
        request = AWSRequest("GET", url)
        SigV4Auth(Credentials(*ROOT_CREDENTIALS.values()), "sts", REGION).add_auth(request)
        return urllib.request.Request(url, headers=dict(request.headers.items()))  # noqa: S310 - it is ours

    def _stop(self) -> None:
        if self._process:
            end_group(self._process, grace_seconds=_STOP_SECONDS)
            assert self._process.stdin
            self._process.stdin.close()
