"""The error for a failed external command: the reason first, and nothing that does not help."""

from __future__ import annotations

import sys

import pytest

from connect_constructs.local.command import run
from connect_constructs.local.errors import LocalAwsError


def failure(output: str) -> str:
    with pytest.raises(LocalAwsError) as failed:
        run([sys.executable, "-c", f"print({output!r}); exit(1)"], doing="deploying", environment={})
    return str(failed.value)


def test_reason_of_an_apps_exception_comes_before_where_it_was_raised() -> None:
    output = (
        "Traceback (most recent call last):\n"
        '  File "/app/app.py", line 5, in <module>\n'
        "    Api(stack)\n"
        "ValueError: expected an instance\n"
        "python app.py: Subprocess exited with error 1\n"
    )

    assert failure(output) == (
        "deploying failed: ValueError: expected an instance\n\n"
        "Traceback (most recent call last):\n"
        '  File "/app/app.py", line 5, in <module>\n'
        "    Api(stack)"
    )


def test_error_that_an_app_prints_is_the_reason() -> None:
    assert (
        failure("error: no instance\npython app.py: Subprocess exited with error 1") == "deploying failed: no instance"
    )


def test_reason_of_a_failed_deployment_is_shown_without_its_events() -> None:
    output = (
        "Broken | 2/4 | 12:28:44 AM | ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | Broken\n"
        "\n"
        "❌  Broken failed to deploy\n"
        "‣ DeploymentError: Resource updates failed:\n"
        "Broken/Url  (AWS::Lambda::Url Url)\n"
        "  Lambda function not found\n"
        "Source Location: ...jsii runtime, node internals...\n"
        "                 (no user code in 10 frames, use --stack-trace-limit to capture more)\n"
        "    at async Bootstrapper.modernBootstrap (/cdk/lib/index.js:116375:25)\n"
    )

    assert failure(output) == (
        "deploying failed: Broken failed to deploy\n"
        "‣ DeploymentError: Resource updates failed:\n"
        "Broken/Url  (AWS::Lambda::Url Url)\n"
        "  Lambda function not found"
    )


def test_last_lines_stand_for_an_unknown_reason() -> None:
    assert failure("\n".join(f"line {number}" for number in range(100))) == "\n".join(
        ["deploying failed:", *(f"line {number}" for number in range(75, 100))]
    )
