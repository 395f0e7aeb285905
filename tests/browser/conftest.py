"""The example's page in a real browser, and the example's three endpoints in the local AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connect_constructs.local import LocalAws
from tests.browser.chromium import FOLDER, Chromium
from tests.browser.deployment import Deployment
from tests.browser.page_server import PageServer

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "browser"
_INSTANCE_ARN = "arn:aws:connect:us-east-1:000000000000:instance/12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="session")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """Serves the example's page. The stacks need its origin."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(_EXAMPLE / "page", folder, dirs_exist_ok=True)
    with PageServer(folder) as server:
        yield server


@pytest.fixture(scope="session")
def deployment(page_server: PageServer) -> Iterator[Deployment]:
    with LocalAws(_EXAMPLE, context={"instance_arn": _INSTANCE_ARN, "page_origin": page_server.origin}) as local:
        yield Deployment(local)


@pytest.fixture(scope="session")
def chromium(page_server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    executable = shutil.which("chromium")
    if not executable:
        pytest.skip("chromium is missing (apt install chromium)")
    if not (FOLDER / "node_modules").exists():
        pytest.skip("playwright-core is missing (make browser-setup)")
    _bundle_sdk(page_server.folder)
    with Chromium(executable, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def _bundle_sdk(folder: Path) -> None:
    esbuild = FOLDER / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--log-level=warning", f"--outfile={folder / 'sdk.bundle.js'}"]
    # The page's folder has no node_modules of its own.
    packages = {"NODE_PATH": str(FOLDER / "node_modules")}
    subprocess.run([esbuild, folder / "sdk.js", *options], env={**os.environ, **packages}, check=True)


@pytest.fixture
def contact_id(deployment: Deployment) -> str:
    """The contact that the agent handles, new for each test."""
    return deployment.connect.create_contact(
        contact_id="87654321-4321-4321-4321-210987654321", attributes={"tier": "silver"}
    )


@pytest.fixture
def page(chromium: Chromium, page_server: PageServer, deployment: Deployment, contact_id: str) -> Chromium:
    """The page of an agent who handles the contact, from the allowed origin."""
    config = {**deployment.own_tokens(contact_id), "contactId": contact_id}
    (page_server.folder / "config.json").write_text(json.dumps(config))
    chromium.open(page_server.origin)
    return chromium


@pytest.fixture
def foreign_page(page: Chromium, page_server: PageServer) -> Chromium:
    """The same page from another origin."""
    page.open(page_server.other_origin)
    return page
