"""Importing the package is cheap: CDK and its Node process start with the first use of a public name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.packaging.installation import Distributions, Environment, run
from tests.public_names import PUBLIC_NAMES


def test_import_loads_no_cdk(installed_wheel: Environment, tmp_path: Path) -> None:
    program = "import sys, connect_constructs; print(sorted({'aws_cdk', 'constructs', 'jsii'} & set(sys.modules)))"

    assert run(installed_wheel.python, "-c", program, cwd=tmp_path).strip() == "[]"


def test_dir_lists_the_public_names_without_loading_cdk(installed_wheel: Environment, tmp_path: Path) -> None:
    program = "import sys, connect_constructs; print(*dir(connect_constructs)); print('aws_cdk' in sys.modules)"
    names, loaded = run(installed_wheel.python, "-c", program, cwd=tmp_path).splitlines()

    assert set(names.split()) >= set(PUBLIC_NAMES)
    assert loaded == "False"


def test_every_public_name_can_be_imported(installed_wheel: Environment, tmp_path: Path) -> None:
    program = (
        f"from connect_constructs import {', '.join(PUBLIC_NAMES)}\n"
        "import connect_constructs\n"
        "print(sorted(connect_constructs.__all__))\n"
        "print([name for name in connect_constructs.__all__ if not hasattr(connect_constructs, name)])"
    )
    names, missing = run(installed_wheel.python, "-c", program, cwd=tmp_path).splitlines()

    assert names == str(sorted(PUBLIC_NAMES))
    assert missing == "[]"


def test_the_api_loads_no_cdk_module_that_a_hand_written_one_would_not(
    installed_wheel: Environment, tmp_path: Path
) -> None:
    # Given the modules that such an app needs anyway
    program = (
        "import sys\n"
        "import aws_cdk, aws_cdk.aws_apigateway, aws_cdk.aws_iam, aws_cdk.aws_lambda, aws_cdk.aws_logs\n"
        "needed = set(sys.modules)\n"
        "from connect_constructs import ConnectInstance, ContactUpdateApi\n"
        "print(sorted(name for name in set(sys.modules) - needed if name.startswith(('aws_cdk', 'jsii'))))"
    )

    assert run(installed_wheel.python, "-c", program, cwd=tmp_path).strip() == "[]"


def test_unknown_name_is_an_attribute_error(installed_wheel: Environment, tmp_path: Path) -> None:
    program = (
        "import connect_constructs\ntry: connect_constructs.Nonsense\nexcept AttributeError as error: print(error)"
    )

    assert "Nonsense" in run(installed_wheel.python, "-c", program, cwd=tmp_path)


def test_help_of_the_command_starts_no_node(installed_wheel: Environment, tmp_path: Path) -> None:
    # Given a path without Node, so that `import aws_cdk` fails
    command = installed_wheel.directory / "bin" / "connect-constructs"
    printed = run(command, "--help", cwd=tmp_path, env={"PATH": str(tmp_path)})

    assert "local" in printed


def test_review_needs_no_other_package(
    distributions: Distributions, make_environment: Callable[..., Environment], tmp_path: Path
) -> None:
    bare = make_environment(distributions.wheel, dependencies=False)
    (tmp_path / "template.json").write_text('{"Resources": {}}')

    program = bare.directory / "bin" / "connect-constructs"
    seen = run(program, "review", "template.json", "template.json", cwd=tmp_path)

    assert "no difference found" in seen
