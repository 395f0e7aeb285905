"""The CDK CLI: where it is, and how it is run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from connect_constructs.local.cache import cached
from connect_constructs.local.command import run
from connect_constructs.local.errors import LocalAwsError

# npm's `latest` tag of aws-cdk is an old build that cannot read today's assemblies.
CDK_CLI_VERSION = "2.1148.1"


def tool_environment() -> dict[str, str]:
    """The user's environment, with this interpreter's programs first: its Python for the app, its Node for the CLI.

    Without the user's AWS settings: the CLI would ask the real AWS for their account, and synthesise for that and for
    their Region.
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
    """Runs the CDK CLI that belongs to an app."""

    def __init__(self, app_directory: Path, temporary: Path) -> None:
        """Find the CLI: in `node_modules` of the app's folder or above, or on the path; else install it in the cache.

        :param temporary: For its temporary files, and jsii's: they leave them behind when they are killed.
        :raises LocalAwsError: if it can be neither found nor installed.
        """
        self._environment = {**tool_environment(), "TMPDIR": str(temporary)}
        if not shutil.which("node", path=self._environment["PATH"]):
            raise LocalAwsError("no Node found: pip install 'connect-constructs[local]' brings one")
        self._command = _find(app_directory, self._environment)

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        doing: str,
        directory: Path,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run `cdk` with `arguments` in `directory`. Raises LocalAwsError with the last lines if it fails."""
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
