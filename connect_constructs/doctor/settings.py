"""What will be deployed, and with which credentials: from the command line and the app's cdk.json."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_constructs._cdk_json import cdk_json_context
from connect_constructs._instance_arn import EXAMPLE_INSTANCE_ARN, INSTANCE_ARN

ContextType = Callable[[str], tuple[str, str]]

# CDK's context key for the name of a bootstrap, and the default name (CDK Developer Guide, "Customize CDK
# bootstrapping").
_QUALIFIER = "@aws-cdk/core:bootstrapQualifier"
DEFAULT_QUALIFIER = "hnb659fds"


class UsageError(ValueError):
    """The command was used wrongly. The message can be shown to users as it is."""


@dataclass(frozen=True)
class Instance:
    """The Amazon Connect instance, by the parts of its ARN."""

    region: str
    account: str
    instance_id: str


@dataclass(frozen=True)
class Settings:
    """What the checks depend on."""

    instance: Instance
    # The stack's account and Region, if the app's context has them.
    account: str | None
    region: str | None
    # From the command line: the credentials' profile, and the Region if the context has none.
    profile: str | None
    region_option: str | None
    queue: bool
    access_log: bool
    api_gateway_account: bool
    qualifier: str


def add_context_options(parser: argparse.ArgumentParser, context_type: ContextType) -> None:
    """Add the options that `cdk deploy` also has."""
    parser.add_argument(
        "-c",
        "--context",
        action="append",
        default=[],
        type=context_type,
        metavar="KEY=VALUE",
        help="CDK context, as for cdk deploy; it overrides the cdk.json in the current folder",
    )
    parser.add_argument(
        "--profile", metavar="NAME", help="the credentials' profile. Default: the one in the environment"
    )


def read_settings(options: argparse.Namespace, context_type: ContextType, directory: Path) -> Settings:
    """The settings from the command line and from the cdk.json in `directory`, if there is one. Raises UsageError."""
    flags = _cdk_flags(options.cdk_flags, context_type)
    context = {**_cdk_json_context(directory), **dict(options.context), **dict(flags.context)}
    return Settings(
        instance=_instance(context),
        account=_text(context, "account"),
        region=_text(context, "region"),
        profile=options.profile or flags.profile,
        region_option=options.region,
        queue=_flag(context, "queue"),
        access_log=_flag(context, "access_log"),
        api_gateway_account=_flag(context, "api_gateway_account"),
        qualifier=_text(context, _QUALIFIER) or DEFAULT_QUALIFIER,
    )


def _cdk_flags(flags: Sequence[str], context_type: ContextType) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_context_options(parser, context_type)
    known, _ = parser.parse_known_args(flags)
    return known


def _cdk_json_context(directory: Path) -> dict[str, Any]:
    try:
        return cdk_json_context(directory)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(str(error)) from None


def _instance(context: Mapping[str, Any]) -> Instance:
    arn = _text(context, "instance_arn")
    if not arn:
        raise UsageError(
            f"set the Amazon Connect instance: -c instance_arn={EXAMPLE_INSTANCE_ARN}. "
            "`aws connect list-instances` prints it"
        )
    match = INSTANCE_ARN.fullmatch(arn)
    if not match:
        raise UsageError(f"instance_arn: expected an instance ARN such as {EXAMPLE_INSTANCE_ARN}, got {arn!r}")
    return Instance(match["region"], match["account"], match["id"])


def _text(context: Mapping[str, Any], name: str) -> str | None:
    value = context.get(name)
    return None if value is None else str(value)


def _flag(context: Mapping[str, Any], name: str) -> bool:
    # Values from the command line are strings; values from cdk.json may be booleans.
    value = str(context.get(name, "false")).lower()
    if value not in ("true", "false"):
        raise UsageError(f"{name}: expected true or false, got {context[name]!r}")
    return value == "true"
