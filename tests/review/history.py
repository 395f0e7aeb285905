"""Review this project's own history beside `cdk diff`.

    python -m tests.review.history                 each commit that may have changed templates, synthesised anew
    python -m tests.review.history a90262c 9ade705 these

The stacks of tests/constructs/stacks.py, and the app with all of its options, are synthesised in a temporary folder, as
of each commit and as of the one before. Where their templates differ, the review's report and that of `cdk diff` are
printed. Takes some minutes.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHAT_MAKES_TEMPLATES = (":(glob)connect_constructs/*.py", "lambda/sdk_models", "app.py", "cdk.json")
INSTANCE = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"
CONTEXT = {
    "instance_arn": INSTANCE,
    "queue": "true",
    "allow_origins": "https://crm.example",
    "allowed_attributes": "priority",
    "api_key_required": "true",
}
# Programs that write a cloud assembly into {out}.
APP = """
import json, os, runpy
os.environ["CDK_CONTEXT_JSON"] = json.dumps({context!r})
os.environ["CDK_OUTDIR"] = {out!r}
runpy.run_path("app.py", run_name="__main__")
"""
STACK = """
import shutil
from tests.constructs import stacks
stack = stacks.{function}()
shutil.copytree(stack.node.root.synth().directory, {out!r})
"""
STACKS = {name: f"{name}_stack" for name in ("minimal", "maximal", "queue", "maximal_queue")}


def commits() -> list[str]:
    """The commits that changed what templates are made of, the oldest first."""
    return _git("log", "--reverse", "--no-merges", "--format=%h", "--", *WHAT_MAKES_TEMPLATES).decode().split()


def assembly(workspace: Path, commit: str, configuration: str) -> Path | None:
    """The cloud assembly as of the commit; None where there was no such stack, or it cannot be synthesised."""
    source = _exported(workspace, commit)
    # Most commits have the templates of the one before.
    files = [*(source / "connect_constructs").glob("*.py"), source / "app.py", source / "tests/constructs/stacks.py"]
    files += (source / "lambda" / "sdk_models").rglob("*.json")
    made_of = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files) if file.is_file()))
    out = workspace / f"{made_of.hexdigest()}-{configuration}"
    if out.exists():
        return out
    if configuration == "app":
        program = APP.format(context=CONTEXT, out=str(out))
    else:
        program = STACK.format(function=STACKS[configuration], out=str(out))
    environment = {**os.environ, "CDK_VALIDATION": "false", "PYTHONPATH": str(source)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=source, env=environment, capture_output=True, check=False
    )
    return None if done.returncode else out


@functools.cache
def _exported(workspace: Path, commit: str) -> Path:
    source = workspace / commit
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
        archive.extractall(source)  # noqa: S202 - our own commit; older patch versions of Python know no filter
    return source


def review(old: Path, new: Path) -> str:
    """What `connect-constructs review` prints."""
    command = [sys.executable, "-m", "connect_constructs.cli", "review", str(old), str(new)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}exit status {done.returncode}"


def cdk_diff(old: Path, new: Path) -> str:
    """What `cdk diff` prints for the one stack."""
    cdk = ROOT / "node_modules" / ".bin" / "cdk"
    template = next(old.glob("*.template.json"))
    name = template.name.removesuffix(".template.json")
    command = [str(cdk), "diff", "--app", str(new), "--template", str(template), "--no-color", name]
    done = subprocess.run(command, cwd=new, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commits", nargs="*", help="default: all that changed what templates are made of")
    parser.add_argument("--without-cdk-diff", action="store_true", help="print the review's report only")
    parser.add_argument("--configuration", choices=["app", *STACKS], action="append", help="default: each")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        # The first one has none before it.
        for commit in options.commits or commits()[1:]:
            title = _git("log", "-1", "--format=%h %s", commit).decode().strip()
            for configuration in options.configuration or ["app", *STACKS]:
                old, new = (assembly(Path(folder), one, configuration) for one in (f"{commit}~1", commit))
                if not (old and new):
                    print(f"\n===== {title} [{configuration}] cannot be synthesised", flush=True)
                    continue
                report = review(old, new)
                if "no difference found" in report:
                    continue
                print(f"\n===== {title} [{configuration}]\n\n{report}", flush=True)
                if not options.without_cdk_diff:
                    print(f"\n----- cdk diff\n\n{cdk_diff(old, new)}", flush=True)
    return 0


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S607


if __name__ == "__main__":
    sys.exit(main())
