"""The function's code is the same however the package is installed, and runs without anything else of ours."""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.installation import FOREIGN_APP, INSTANCE_ARN, ROOT, Distributions, Environment, run

# The packages of the Lambda runtime in addition to the standard library: boto3 and its dependencies.
RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")


def synthesise(python: Path, directory: Path, *, package: Path, env: dict[str, str] | None = None) -> Path:
    """Synthesise the foreign app in `directory`, and make sure that it used the package in `package`."""
    directory.mkdir()
    (directory / "app.py").write_text(FOREIGN_APP)
    assembly = directory / "assembly"
    # CDK's template validation takes seconds; tests/test_app.py has one synthesis with it.
    printed = run(python, "app.py", assembly, cwd=directory, env={"CDK_VALIDATION": "false"} | (env or {}))
    assert Path(printed.strip()).parent == package / "connect_constructs"
    return assembly


def function(assembly: Path) -> dict[str, Any]:
    """The properties of the template's one function."""
    resources = json.loads((assembly / "Foreign.template.json").read_text())["Resources"].values()
    functions = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == 1
    properties: dict[str, Any] = functions[0]
    return properties


def asset_hash(assembly: Path) -> str:
    return str(function(assembly)["Code"]["S3Key"]).removesuffix(".zip")


@pytest.fixture(scope="session")
def wheel_assembly(installed_wheel: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    handler = installed_wheel.site_packages / "connect_constructs" / "_lambda"
    assert list(handler.rglob("*.pyc")), "the wheel's byte code is missing, so that nothing shows that it is left out"
    (handler / ".DS_Store").write_bytes(b"\0")
    directory = tmp_path_factory.mktemp("wheel") / "app"
    return synthesise(installed_wheel.python, directory, package=installed_wheel.site_packages)


def test_asset_holds_python_and_json_files_only(wheel_assembly: Path) -> None:
    asset = wheel_assembly / f"asset.{asset_hash(wheel_assembly)}"
    files = {path.relative_to(asset).as_posix() for path in asset.rglob("*") if path.is_file()}

    handler = ROOT / "lambda"
    assert files == {
        path.relative_to(handler).as_posix() for suffix in ("py", "json") for path in handler.rglob(f"*.{suffix}")
    }


def test_asset_is_small(wheel_assembly: Path, tmp_path: Path) -> None:
    # Given the archive that is uploaded, which is compressed
    asset = wheel_assembly / f"asset.{asset_hash(wheel_assembly)}"
    archive = Path(shutil.make_archive(str(tmp_path / "asset"), "zip", asset))

    assert archive.stat().st_size < 46_000


def test_checkout_gives_the_wheels_asset(
    wheel_assembly: Path, make_environment: Callable[..., Environment], tmp_path: Path
) -> None:
    python = make_environment().python
    checkout = synthesise(python, tmp_path / "elsewhere", package=ROOT, env={"PYTHONPATH": str(ROOT)})

    assert asset_hash(checkout) == asset_hash(wheel_assembly)


def test_editable_install_gives_the_wheels_asset(
    wheel_assembly: Path, make_environment: Callable[..., Environment], tmp_path: Path
) -> None:
    python = make_environment("--editable", ROOT).python
    editable = synthesise(python, tmp_path / "elsewhere", package=ROOT)

    assert asset_hash(editable) == asset_hash(wheel_assembly)


def test_wheel_built_from_the_sdist_gives_the_wheels_asset(
    wheel_assembly: Path, distributions: Distributions, make_environment: Callable[..., Environment], tmp_path: Path
) -> None:
    environment = make_environment(distributions.wheel_from_sdist)
    assembly = synthesise(environment.python, tmp_path / "elsewhere", package=environment.site_packages)

    assert asset_hash(assembly) == asset_hash(wheel_assembly)


def test_asset_runs_alone_with_boto3(wheel_assembly: Path, tmp_path: Path) -> None:
    # Given the asset, the standard library and the packages of the Lambda runtime
    properties = function(wheel_assembly)
    asset = tmp_path / "task"
    shutil.copytree(wheel_assembly / f"asset.{asset_hash(wheel_assembly)}", asset)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name in RUNTIME_PACKAGES:
        (runtime / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)
    module, _, handler = str(properties["Handler"]).rpartition(".")

    # When the handler's module is loaded as the runtime loads it
    program = f"""
import importlib, importlib.util, sys
sys.path[:0] = [{str(asset)!r}, {str(runtime)!r}]
print([name for name in ("connect_constructs", "aws_cdk", "jsonschema", "pip") if importlib.util.find_spec(name)])
print(callable(importlib.import_module({module!r}).{handler}))
"""
    printed = run(
        sys.executable,
        "-I",  # no PYTHON* variables, no current folder
        "-S",  # no site-packages
        "-c",
        program,
        cwd=tmp_path,
        env={"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "INSTANCE_ARN": INSTANCE_ARN},
    )

    # Then it has all that it needs, and nothing else was available
    assert printed.splitlines() == ["[]", "True"]
