"""The templates that upgrades are tested with: today's, and those of the releases, in one folder for each version.

`python -m tests.upgrade.templates VERSION` writes today's templates as those of a version (make upgrade-templates).
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Stack

from connect_constructs.testing import normalised_template
from tests.constructs import stacks

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]

Template = dict[str, Any]


def todays_templates() -> dict[str, Template]:
    """Today's templates, by name: those of the tests' shared stacks, of the app, and of the examples."""
    return {name: normalised_template(stack) for name, stack in [*_shared(), *_app(), *_examples()]}


def released_versions() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name[0].isdigit())


def released_templates(version: str) -> dict[str, Template]:
    """The templates of a version by name."""
    return {file.stem: json.loads(file.read_text()) for file in sorted((FOLDER / version).glob("*.json"))}


def write(directory: Path, templates: Mapping[str, Template]) -> None:
    """Write the templates of a version.

    :raises FileExistsError: if the version already has templates. What users have deployed does not change.
    """
    directory.mkdir()
    for name, template in templates.items():
        (directory / f"{name}.json").write_text(json.dumps(template, indent=1, ensure_ascii=False) + "\n")


def _shared() -> Iterator[tuple[str, Stack]]:
    for name, new_stack in stacks.SHARED_STACKS.items():
        yield name, new_stack()


def _app() -> Iterator[tuple[str, Stack]]:
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | {"instance_arn": stacks.INSTANCE_ARN}
    stack = runpy.run_path(str(ROOT / "app.py"))["ContactUpdateStack"]
    for name, settings in {"app": {}, "app_queue": {"queue": "true"}}.items():
        yield name, stack(App(context=context | settings), "ContactUpdates", env=Environment(), stack_name=None)


def _examples() -> Iterator[tuple[str, Stack]]:
    # Their cdk.json files have no context.
    app = App()
    arn = stacks.INSTANCE_ARN
    queue, vpc, browser = (
        runpy.run_path(str(ROOT / "examples" / name / "app.py")) for name in ("queue", "vpc", "browser")
    )
    yield "example_queue", queue["QueueStack"](app, "Queue", instance_arn=arn)
    for name, queued in (("example_vpc", False), ("example_vpc_queue", True)):
        yield name, vpc["VpcStack"](app, name.replace("_", "-"), instance_arn=arn, queued=queued, fips=False)
    for name in ("OwnTokens", "CognitoTokens", "CognitoCredentials"):
        stack = browser[name](app, name, instance_arn=arn, page_origin="https://desk.example.com")
        yield f"example_browser_{name}", stack


def main() -> None:
    parser = argparse.ArgumentParser(description="Write today's templates as those of a version.")
    parser.add_argument("version")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the version has other templates")
    options = parser.parse_args()
    directory = FOLDER / options.version
    place = directory.relative_to(ROOT)
    templates = todays_templates()
    if options.check:
        released = released_templates(options.version)
        different = [name for name in {**released, **templates} if released.get(name) != templates.get(name)]
        sys.exit(f"error: {place} is not today's: {', '.join(different)}" if different else 0)
    try:
        write(directory, templates)
    except FileExistsError:
        sys.exit(
            f"error: {place} exists. The templates of a released version do not change; "
            f"if {directory.name} has not been released, delete the folder first"
        )
    print(f"{place}: {len(templates)} templates")


if __name__ == "__main__":
    main()
