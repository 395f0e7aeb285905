"""Finds and runs the CDK CLI."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from connect_constructs.local.cache import cached
from connect_constructs.local.command import run
from connect_constructs.local.errors import LocalAwsError

# Pinned because npm's `latest` tag of aws-cdk is an old build that cannot read today's assemblies.
CDK_CLI_VERSION = "2.1148.1"


def tool_environment() -> dict[str, str]:
    """The user's environment, with this interpreter's folder first on the path, for its Python and its Node.

    The user's AWS settings are left out: with them, the CLI would look up their account in the real AWS and synthesise
    for it and for their Region.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY", os.environ.get("no_proxy")), "127.0.0.1"]))
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": path,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "NO_COLOR": "1",
    }


class CdkCli:
    """Runs an app's CDK CLI."""

    def __init__(self, app_directory: Path, temporary: Path) -> None:
        """Find the CLI in `node_modules` of the app's folder or above, or on the path; else install it in the cache.

        :param temporary: A folder for temporary files of the CLI and jsii, which leave them behind when they are
            killed.
        :raises LocalAwsError: if there is no Node, or the CLI cannot be installed.
        """
        self._environment = {**tool_environment(), "TMPDIR": str(temporary)}
        if not shutil.which("node", path=self._environment["PATH"]):
            raise LocalAwsError("Node was not found; pip install 'connect-constructs[local]' installs it")
        self._command = _find(app_directory, self._environment)

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        doing: str,
        directory: Path,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run `cdk` in `directory` and return its output. Raises LocalAwsError with the reason if it fails."""
        return run(
            [self._command, *arguments, "--no-notices"],
            doing=doing,
            environment={**self._environment, **(environment or {})},
            directory=directory,
        )


def _find(app_directory: Path, environment: dict[str, str]) -> Path:
    for folder in (app_directory, *app_directory.resolve().parents):
        command = folder / "node_modules" / ".bin" / "cdk"
        if command.exists():
            return command
    if on_path := shutil.which("cdk", path=environment["PATH"]):
        return Path(on_path)

    def build(folder: Path) -> None:
        package = f"aws-cdk@{CDK_CLI_VERSION}"
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        run(
            ["npm", "install", "--prefix", folder, *options, package],
            doing=f"installing {package}",
            environment=environment,
        )

    return cached(f"aws-cdk-{CDK_CLI_VERSION}", build, wanted="node_modules/.bin/cdk")
