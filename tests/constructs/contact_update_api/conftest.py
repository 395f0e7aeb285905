"""The stack that several test modules share."""

from __future__ import annotations

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from tests.constructs.contact_update_api.api_stacks import new_api
from tests.constructs.stacks import new_stack


@pytest.fixture(scope="session")
def stack() -> Stack:
    stack = new_stack()
    new_api(stack)
    return stack


@pytest.fixture(scope="session")
def template(stack: Stack) -> Template:
    return Template.from_stack(stack)
