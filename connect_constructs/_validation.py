"""Checks of constructor arguments. Each raises ValueError saying what was expected and what was got.

Tokens pass: their values are known only when CloudFormation deploys.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack, Token

from connect_constructs._instance_arn import EXAMPLE_INSTANCE_ARN, EXAMPLE_INSTANCE_ID, INSTANCE_ARN, INSTANCE_ID
from connect_constructs.contract.service_model import service_model

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

# As browsers send it: lower case, no path, no default port.
_ORIGIN = re.compile(
    r"(?!https://[^/]*:443\Z|http://[^/]*:80\Z)[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?"
)

# What `StringParameter.value_from_lookup` returns until the CDK CLI has looked the parameter up.
_LOOKUP_PLACEHOLDER = "dummy-value-for-"


def check_is(name: str, value: object, expected: type) -> None:
    if not isinstance(value, expected):
        raise ValueError(f"{name}: expected a {expected.__name__}, got {value!r}")


def check_has(name: str, value: object, attribute: str, expected: str) -> None:
    """An object of one of CDK's interfaces, told by an attribute of it: jsii's objects need not be instances."""
    if not hasattr(value, attribute):
        raise ValueError(f"{name}: expected {expected}, got {value!r}")


def check_instance_arn(value: str) -> None:
    if isinstance(value, str) and value.startswith(_LOOKUP_PLACEHOLDER):
        raise ValueError(
            "instance_arn: expected an instance ARN, got the placeholder that StringParameter.value_from_lookup "
            f"returns before the first look-up; give value_from_lookup a default_value= such as {EXAMPLE_INSTANCE_ARN}"
        )
    _check_text(value, INSTANCE_ARN, f"instance_arn: expected an instance ARN such as {EXAMPLE_INSTANCE_ARN}")


def check_instance_id(value: str) -> None:
    _check_text(value, INSTANCE_ID, f"instance_id: expected an instance id such as {EXAMPLE_INSTANCE_ID}")


def check_account(account: str, stack: Stack) -> None:
    """The account of an instance, against that of the stack that is to update its contacts."""
    if not Token.is_unresolved(account) and not Token.is_unresolved(stack.account) and account != stack.account:
        raise ValueError(
            f"instance: expected one in the stack's account {stack.account}, got one in {account}: Amazon Connect "
            "has no permissions across accounts"
        )


def check_origins(values: Sequence[str]) -> None:
    """Origins as a browser sends them, or `*` alone."""
    _check_list("allow_origins", "origins", values)
    if Token.is_unresolved(values):
        raise ValueError("allow_origins: expected a list whose length is known at synthesis, got a token for a list")
    if "*" in values and len(values) > 1:
        raise ValueError(f"allow_origins: expected '*' alone, or origins, got {list(values)!r}")
    for value in values:
        if value != "*":
            _check_text(
                value, _ORIGIN, "allow_origins: expected an origin such as https://crm.example.com, without a path"
            )


def check_attribute_keys(values: Sequence[str]) -> None:
    _check_list("allowed_attributes", "attribute keys", values)
    if Token.is_unresolved(values):
        return
    if not values:
        raise ValueError("allowed_attributes: expected at least one attribute key, got none; leave it out to allow all")
    pattern = re.compile(service_model()["shapes"]["AttributeName"]["pattern"].removesuffix("$"))
    for value in values:
        _check_text(
            value, pattern, "allowed_attributes: expected attribute keys of letters, digits, dashes and underscores"
        )


def check_integer(name: str, value: int, minimum: int, maximum: int | None = None) -> None:
    if _is_finite(value) and Token.is_unresolved(value):
        return
    if type(value) is not int or value < minimum or (maximum is not None and value > maximum):
        limits = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ValueError(f"{name}: expected an integer {limits}, got {value!r}")


def check_positive(name: str, value: float) -> None:
    if _is_finite(value) and Token.is_unresolved(value):
        return
    if not _is_finite(value) or value <= 0:
        raise ValueError(f"{name}: expected a number above 0, got {value!r}")


def _is_finite(value: object) -> bool:
    # Asked whether infinity is a token, CDK's process ends.
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def check_seconds(name: str, value: Duration, minimum: int, maximum: int) -> None:
    check_is(name, value, Duration)
    if value.is_unresolved():
        return
    seconds = value.to_milliseconds() / 1000
    if not minimum <= seconds <= maximum or seconds % 1:
        raise ValueError(f"{name}: expected {minimum} to {maximum} whole seconds, got {value.to_human_string()}")


def check_key(name: str, value: kms.IKey | None, stack: Stack) -> None:
    """A KMS key in the stack's Region, and no alias: CDK cannot grant the use of what it knows by an alias only."""
    if value is None:
        return
    check_has(name, value, "key_arn", "a KMS key")
    if getattr(value, "alias_name", None):
        raise ValueError(f"{name}: expected a key, got an alias: neither CloudWatch Logs nor grants take one")
    region = value.env.region
    if not Token.is_unresolved(region) and not Token.is_unresolved(stack.region) and region != stack.region:
        raise ValueError(f"{name}: expected a key in the stack's Region {stack.region}, got one in {region}")


def _check_list(name: str, items: str, values: Sequence[str]) -> None:
    if not isinstance(values, (list, tuple)):
        raise ValueError(f"{name}: expected a list of {items}, got {values!r}")


def _check_text(value: str, pattern: re.Pattern[str], expected: str) -> None:
    if not Token.is_unresolved(value) and not (isinstance(value, str) and pattern.fullmatch(value)):
        raise ValueError(f"{expected}, got {value!r}")
