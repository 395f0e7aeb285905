"""The contents of the wheel and the sdist."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.packaging.installation import ROOT, Distributions, run
from tools.release.index_page import dead_links, links, metadata, page, project_urls
from tools.release.version import project_version

DATA = {
    "py.typed",
    "local/emulator-requirements.txt",
    "_review/report.schema.json",
    "_review/resource_facts.json",
}


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def expected_package_files() -> set[str]:
    package, handler = ROOT / "connect_constructs", ROOT / "lambda"
    modules = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    asset = {path.relative_to(handler).as_posix() for suffix in ("py", "json") for path in handler.rglob(f"*.{suffix}")}
    return {f"connect_constructs/{name}" for name in modules | DATA} | {
        f"connect_constructs/_lambda/{name}" for name in asset
    }


def test_wheel_holds_the_package_the_handler_and_nothing_else(distributions: Distributions) -> None:
    names = set(contents(distributions.wheel))
    package = {name for name in names if ".dist-info/" not in name}

    assert package == expected_package_files()
    assert {
        "connect_constructs/__init__.py",
        "connect_constructs/_lambda/contact_updates/__init__.py",
        "connect_constructs/_lambda/sdk_models/connect/2017-08-08/service-2.json",
    } <= package
    assert {name.split(".dist-info/")[1] for name in names - package} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "licenses/NOTICE",
    }


def test_wheel_built_from_the_sdist_is_the_wheel_built_from_the_checkout(distributions: Distributions) -> None:
    # The same bytes, not only the same files.
    assert distributions.wheel_from_sdist.read_bytes() == distributions.wheel.read_bytes()


def test_sdist_is_the_same_from_another_folder_with_other_file_times(
    distributions: Distributions, tmp_path: Path
) -> None:
    shutil.unpack_archive(distributions.sdist, tmp_path)
    (source,) = tmp_path.iterdir()
    for path in source.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))

    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", "dist", cwd=source)

    (rebuilt,) = (source / "dist").iterdir()
    assert rebuilt.read_bytes() == distributions.sdist.read_bytes()


def test_sdist_holds_no_tests_and_no_set_up(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        top = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}

    # hatchling always adds .gitignore, which it reads when it builds the wheel.
    assert top == {
        ".gitignore",
        "LICENSE",
        "NOTICE",
        "PKG-INFO",
        "README.md",
        "connect_constructs",
        "docs",
        "lambda",
        "pyproject.toml",
        "tools",
    }


def test_sdist_holds_the_documentation(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {Path(name).relative_to(Path(name).parts[0]).as_posix() for name in archive.getnames()}

    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").iterdir()}
    assert {"docs/queue.md", "docs/architecture.svg"} <= documents <= names


def test_links_of_the_description_hold_outside_a_checkout(distributions: Distributions) -> None:
    # Given that the README links to other files, which a package index does not have
    readme = {target for target in links((ROOT / "README.md").read_text(encoding="utf-8")) if "://" not in target}
    assert {"docs/queue.md", "docs/architecture.svg", "docs/testing.md#what-was-tried-where"} <= readme

    description = page(distributions.wheel)

    assert metadata(distributions.wheel)["Description-Content-Type"] == "text/markdown"
    assert {target for target in links(description) if not target.startswith("https://")} == set()
    repository, tag = project_urls(distributions.wheel)["Repository"], f"v{project_version()}"
    expected = {f"{repository}/{'raw' if target.endswith('.svg') else 'blob'}/{tag}/{target}" for target in readme}
    assert expected <= links(description)
    files = {path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*"), *(ROOT / "docs").rglob("*")]}
    files |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "examples").rglob("*")}
    assert dead_links(description, repository=repository, tag=tag, files=files) == []


def test_index_page_names_documentation_changelog_and_issues(distributions: Distributions) -> None:
    urls = project_urls(distributions.wheel)

    assert urls.keys() == {"Repository", "Documentation", "Changelog", "Issues"}
    assert {url for url in urls.values() if not url.startswith(urls["Repository"])} == set()


def test_plain_install_needs_only_the_cdk(distributions: Distributions) -> None:
    built = metadata(distributions.wheel)
    requirements = built.get_all("Requires-Dist", [])

    always = {requirement for requirement in requirements if "extra ==" not in requirement}
    assert {requirement.split("<")[0].split(">")[0] for requirement in always} == {"aws-cdk-lib", "constructs"}
    assert built["License-Expression"] == "Apache-2.0"
    assert built["Requires-Python"] == ">=3.10"


def test_wheel_registers_the_command_and_no_pytest_plugin(distributions: Distributions) -> None:
    files = contents(distributions.wheel)
    entry_points = next(text for name, text in files.items() if name.endswith("/entry_points.txt")).decode()

    # Everybody who installs the package would load a pytest11 entry point in every pytest run.
    assert entry_points.split() == ["[console_scripts]", "connect-constructs", "=", "connect_constructs.cli:main"]
