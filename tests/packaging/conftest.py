"""Builds the distributions once, and installs them into environments that see nothing of this checkout."""

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
    # Without isolation: hatchling comes from the lock, and nothing is downloaded.
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
    """Makes an environment with this interpreter and installs into it what the arguments to `uv pip install` say."""

    def make(*install: str | Path) -> Environment:
        environment = Environment(tmp_path_factory.mktemp("environment"))
        uv = find_uv_bin()
        cwd = environment.directory
        run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment.directory, cwd=cwd)
        # The dependencies are those of the running environment, because the tests work without a network. A path in a
        # .pth file does not make Python read the .pth files found there, so the editable install of this checkout
        # stays out of sight.
        (environment.site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        if install:
            # --compile-bytecode does what pip does: the byte code must not get into the asset.
            options = ("--quiet", "--offline", "--no-deps", "--no-build-isolation", "--compile-bytecode")
            run(uv, "pip", "install", *options, "--python", environment.python, *install, cwd=cwd)
        return environment

    return make


@pytest.fixture(scope="session")
def installed_wheel(distributions: Distributions, make_environment: Callable[..., Environment]) -> Environment:
    return make_environment(distributions.wheel)
