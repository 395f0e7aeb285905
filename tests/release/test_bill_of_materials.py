"""Which licences the bill of materials may have."""

from __future__ import annotations

from typing import Any

import pytest

from tools.release.bill_of_materials import bill_problems, licenses


def component(name: str, *stated: dict[str, Any], version: str = "1.0") -> dict[str, Any]:
    return {"name": name, "version": version, "licenses": list(stated)}


def spdx(license_id: str) -> dict[str, Any]:
    return {"license": {"id": license_id}}


def named(name: str) -> dict[str, Any]:
    return {"license": {"name": name}}


CDK = component("aws-cdk-lib", spdx("Apache-2.0"), named("License :: OSI Approved"))


def problems(*components: dict[str, Any], version: str = "0.1.0") -> list[str]:
    ours = component("connect-constructs", spdx("Apache-2.0"), version=version)
    bill = {"metadata": {"component": ours}, "components": [CDK, *components]}
    return bill_problems(bill, name="connect-constructs", version="0.1.0")


def test_permissive_licences_pass() -> None:
    assert problems(component("one", spdx("MIT")), component("other", {"expression": "MIT AND PSF-2.0"})) == []


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ([spdx("GPL-3.0-only")], "GPL-3.0-only is not allowed"),
        ([spdx("MIT"), named("Some terms")], "Some terms is not allowed"),
        ([{"expression": "(MIT OR AGPL-3.0-only)"}], "AGPL-3.0-only is not allowed"),
        ([], "no licence"),
        ([named("License :: OSI Approved")], "no licence"),
    ],
)
def test_other_licences_are_named(stated: list[dict[str, Any]], said: str) -> None:
    assert problems(component("package", *stated)) == [f"package 1.0: {said}"]


def test_bill_of_another_version_is_a_problem() -> None:
    assert problems(version="0.0.9") == ["expected connect-constructs 0.1.0, got connect-constructs 0.0.9"]


def test_environment_without_the_cdk_is_a_problem() -> None:
    ours = component("connect-constructs", spdx("Apache-2.0"), version="0.1.0")
    bill = {"metadata": {"component": ours}, "components": []}

    assert bill_problems(bill, name="connect-constructs", version="0.1.0") == ["the environment has no aws-cdk-lib"]


def test_expressions_are_taken_apart() -> None:
    stated = component("one", {"expression": "Apache-2.0 OR (BSD-3-Clause AND MIT)"})

    assert licenses(stated) == {"Apache-2.0", "BSD-3-Clause", "MIT"}
