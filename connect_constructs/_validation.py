"""Checks of arguments: a TypeError for a wrong type, a ValueError for a wrong value.

Each message names the argument, what was expected and what was got. Tokens pass, because their values are only known
when CloudFormation deploys.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, RemovalPolicy, Stack, Token

from connect_constructs._instance_arn import EXAMPLE_INSTANCE_ARN, EXAMPLE_INSTANCE_ID, INSTANCE_ARN, INSTANCE_ID
from connect_constructs.contract.service_model import service_model

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_kms as kms

# As browsers send it: lower case, no path, no default port.
_ORIGIN = re.compile(
    r"(?!https://[^/]*:443\Z|http://[^/]*:80\Z)[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?"
)

# What `StringParameter.value_from_lookup` returns until the CDK CLI has looked up the parameter.
_LOOKUP_PLACEHOLDER = "dummy-value-for-"


def check_is(name: str, value: object, expected: type) -> None:
    if not isinstance(value, expected):
        raise TypeError(f"{name}: expected a {expected.__name__}, got {value!r}")


def check_has(name: str, value: object, attribute: str, expected: str) -> None:
    """Check that a value implements a CDK interface by one of its attributes, because isinstance need not be true."""
    if not hasattr(value, attribute):
        raise TypeError(f"{name}: expected {expected}, got {value!r}")


def check_list(name: str, values: object, items: str) -> None:
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{name}: expected a list of {items}, got {values!r}")


def check_instance_arn(value: str) -> None:
    _check_no_placeholder("instance_arn", value, "an instance ARN", EXAMPLE_INSTANCE_ARN)
    _check_text(value, INSTANCE_ARN, f"instance_arn: expected an instance ARN such as {EXAMPLE_INSTANCE_ARN}")


def check_instance_id(value: str) -> None:
    _check_no_placeholder("instance_id", value, "an instance id", EXAMPLE_INSTANCE_ID)
    _check_text(value, INSTANCE_ID, f"instance_id: expected an instance id such as {EXAMPLE_INSTANCE_ID}")


def check_account(name: str, account: str, stack: Stack) -> None:
    """Check that an instance belongs to the account of the stack that updates its contacts."""
    because = ": Amazon Connect has no cross-account permissions"
    _check_in_stacks(name, "account", account, stack.account, because)


def check_in_region(name: str, region: str, stack: Stack) -> None:
    """Check that something that the stack refers to is in its Region."""
    _check_in_stacks(name, "Region", region, stack.region)


def check_key(name: str, key: kms.IKey | None, stack: Stack) -> None:
    """Check that a key is in the stack's Region and not an alias: CDK cannot grant the use of a key by its alias."""
    if key is None:
        return
    check_has(name, key, "key_arn", "a KMS key")
    if getattr(key, "alias_name", None):
        raise ValueError(f"{name}: expected a key, got an alias: neither CloudWatch Logs nor grants accept an alias")
    _check_in_stacks(name, "Region", key.env.region, stack.region)


def check_event_bus(name: str, event_bus: events.IEventBus | None, stack: Stack) -> None:
    if event_bus is None:
        return
    check_has(name, event_bus, "event_bus_arn", "an EventBridge event bus")
    because = ": EventBridge only accepts events from its own Region. A rule there can forward them to another Region"
    _check_in_stacks(name, "Region", event_bus.env.region, stack.region, because)


def check_removal_policy(name: str, value: RemovalPolicy | None) -> None:
    """Check the removal policy of a queue or a log group."""
    if value is None:
        return
    check_is(name, value, RemovalPolicy)
    if value is RemovalPolicy.SNAPSHOT:
        raise ValueError(f"{name}: expected another removal policy, got {value}: there are no snapshots of it")


def check_origins(values: Sequence[str]) -> None:
    """Check that the values are origins as a browser sends them, or `*` alone."""
    check_list("allow_origins", values, "origins")
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
    check_list("allowed_attributes", values, "attribute keys")
    if Token.is_unresolved(values):
        return
    if not values:
        raise ValueError("allowed_attributes: expected at least one attribute key, got none; leave it out to allow all")
    pattern = re.compile(service_model()["shapes"]["AttributeName"]["pattern"].removesuffix("$"))
    for value in values:
        _check_text(
            value, pattern, "allowed_attributes: expected attribute keys of letters, digits, dashes and underscores"
        )


def check_members(values: Sequence[str]) -> None:
    """Check that the values name members of UpdateContact, such as `Name`, or keys of them: `References.Ticket`."""
    check_list("allowed_members", values, "members of UpdateContact")
    if Token.is_unresolved(values):
        return
    if not values:
        raise ValueError(
            "allowed_members: expected at least one member of UpdateContact, got none; leave it out to allow all"
        )
    shapes = service_model()["shapes"]
    members = {
        name: shapes[member["shape"]]
        for name, member in shapes["UpdateContactRequest"]["members"].items()
        if "location" not in member
    }
    for value in values:
        expected = f"allowed_members: expected members of UpdateContact ({', '.join(members)}), got {value!r}"
        if not isinstance(value, str):
            raise TypeError(expected)
        if Token.is_unresolved(value):
            continue
        member, dot, key = value.partition(".")
        if member not in members:
            raise ValueError(expected)
        if dot and not _is_key(key, members[member]):
            raise ValueError(f"allowed_members: expected {member}, or a key of it without commas, got {value!r}")


def _is_key(key: str, shape: Mapping[str, Any]) -> bool:
    """Whether `key` can be a key of the shape, and stand in a list whose items are separated by commas."""
    if shape["type"] == "map":
        return bool(key) and key.isprintable() and key == key.strip() and "," not in key
    return key in shape.get("members", ())


def check_integer(name: str, value: float, minimum: int, maximum: int | None = None) -> None:
    limits = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
    message = f"{name}: expected an integer {limits}, got {value!r}"
    if _is_finite(value) and Token.is_unresolved(value):
        return
    if type(value) is not int:
        raise TypeError(message)
    if value < minimum or (maximum is not None and value > maximum):
        raise ValueError(message)


def check_positive(name: str, value: float) -> None:
    message = f"{name}: expected a number above 0, got {value!r}"
    if type(value) not in (int, float):
        raise TypeError(message)
    if not _is_finite(value) or not (Token.is_unresolved(value) or value > 0):
        raise ValueError(message)


def check_seconds(name: str, value: Duration, minimum: int, maximum: int) -> None:
    check_is(name, value, Duration)
    if value.is_unresolved():
        return
    seconds = value.to_milliseconds() / 1000
    if not minimum <= seconds <= maximum or seconds % 1:
        raise ValueError(f"{name}: expected {minimum} to {maximum} whole seconds, got {value.to_human_string()}")


def _is_finite(value: object) -> bool:
    # CDK's process ends when it is asked whether infinity is a token.
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _check_in_stacks(name: str, scope: str, actual: str, of_stack: str, because: str = "") -> None:
    """Check that a resource's account or Region is the stack's, as far as both are known."""
    if not Token.is_unresolved(actual) and not Token.is_unresolved(of_stack) and actual != of_stack:
        raise ValueError(f"{name}: expected one in the stack's {scope} {of_stack}, got one in {actual}{because}")


def _check_no_placeholder(name: str, value: str, expected: str, example: str) -> None:
    if isinstance(value, str) and value.startswith(_LOOKUP_PLACEHOLDER):
        raise ValueError(
            f"{name}: expected {expected}, got the placeholder that StringParameter.value_from_lookup returns before "
            f"the first lookup; give value_from_lookup a default_value= such as {example}"
        )


def _check_text(value: str, pattern: re.Pattern[str], expected: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{expected}, got {value!r}")
    if not Token.is_unresolved(value) and not pattern.fullmatch(value):
        raise ValueError(f"{expected}, got {value!r}")
