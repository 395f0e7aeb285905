"""examples/vpc with FIPS endpoints, which the local AWS cannot call; tests/local deploys the others."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from tests.constructs.stacks import CONTACT_ARNS, INSTANCE_ARN, resources

_APP = Path(__file__).resolve().parents[2] / "examples" / "vpc" / "app.py"


def example(**options: bool) -> Template:
    spec = importlib.util.spec_from_file_location("vpc_example", _APP)
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stack: Stack = module.VpcStack(App(), "Vpc", instance_arn=INSTANCE_ARN, **options)
    return Template.from_stack(stack)


def services(template: Template) -> dict[str, dict[str, Any]]:
    """The properties of the VPC endpoints, by the last part of the service's name."""
    found = {}
    for endpoint in resources(template, "AWS::EC2::VPCEndpoint").values():
        *_, service = endpoint["Properties"]["ServiceName"]["Fn::Join"][1]
        found[service] = endpoint["Properties"]
    return found


def variables(template: Template) -> list[str | None]:
    functions = resources(template, "AWS::Lambda::Function").values()
    return [function["Properties"]["Environment"]["Variables"].get("AWS_USE_FIPS_ENDPOINT") for function in functions]


@pytest.mark.parametrize(
    ("queued", "expected"),
    [(False, {".connect-fips"}), (True, {".connect-fips", ".sqs-fips", ".events-fips"})],
)
def test_every_call_of_a_function_goes_to_a_fips_endpoint(queued: bool, expected: set[str]) -> None:
    template = example(queued=queued, fips=True)

    assert services(template).keys() == {*expected, ".execute-api"}
    assert set(variables(template)) == {"true"}
    assert services(template)[".connect-fips"]["PolicyDocument"]["Statement"] == [
        {
            "Action": ["connect:UpdateContactAttributes", "connect:UpdateContact"],
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Resource": CONTACT_ARNS,
        }
    ]


def test_without_fips_no_function_is_told_of_it() -> None:
    assert variables(example(queued=True)) == [None, None]
