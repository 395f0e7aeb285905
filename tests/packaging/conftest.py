"""Build the distributions once, and install them into environments that cannot see this checkout."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.packaging.installation import ROOT, Distributions, Environment, run


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    # Without isolation, hatchling comes from the lock, and nothing is downloaded.
    build = (sys.executable, "-m", "build", "--no-isolation")
    from_checkout = tmp_path_factory.mktemp("from-checkout")
    run(*build, "--wheel", "--outdir", from_checkout, ROOT, cwd=from_checkout)
    from_sdist = tmp_path_factory.mktemp("from-sdist")
    run(*build, "--outdir", from_sdist, ROOT, cwd=from_sdist)
    return Distributions(
        wheel=next(from_checkout.glob("*.whl")),
        sdist=next(from_sdist.glob("*.tar.gz")),
        wheel_from_sdist=next(from_sdist.glob("*.whl")),
    )


@pytest.fixture(scope="session")
def make_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """Make environments with this interpreter. The arguments are what `uv pip install` installs into them.

    Without `dependencies`, they have nothing else.
    """

    def make(*install: str | Path, dependencies: bool = True) -> Environment:
        environment = Environment(tmp_path_factory.mktemp("environment"))
        uv = find_uv_bin()
        cwd = environment.directory
        run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment.directory, cwd=cwd)
        # The dependencies are those of the running environment, because the tests work without a network. Python does
        # not read .pth files in a folder that another .pth file adds, so the editable install of this checkout is not
        # visible.
        if dependencies:
            (environment.site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        if install:
            # As pip does. The byte code must not get into the asset.
            options = ("--quiet", "--offline", "--no-deps", "--no-build-isolation", "--compile-bytecode")
            run(uv, "pip", "install", *options, "--python", environment.python, *install, cwd=cwd)
        return environment

    return make


@pytest.fixture(scope="session")
def installed_wheel(distributions: Distributions, make_environment: Callable[..., Environment]) -> Environment:
    return make_environment(distributions.wheel)
