"""The command `connect-constructs`."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from connect_constructs._endpoint_url import endpoint_url
from connect_constructs._review import command as review
from connect_constructs._signals import ENDINGS
from connect_constructs.doctor import command as doctor
from connect_constructs.verify import command as verify

_INTERRUPTED = 130

# Not wrapped by argparse, which would break the command at a hyphen.
_CLIENT_MODEL_DESCRIPTION = """\
Prints a service model with which the AWS CLI and boto3 call the endpoint,
signed for execute-api. Save it in a file, and install it with:

  aws configure add-model --service-name contact-updates --service-model file://FILE
"""

_interrupted = threading.Event()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    options = _parser().parse_args(arguments)
    # Clean up after any of them as after Ctrl-C.
    for number in ENDINGS:
        # Under nohup, SIGHUP stays ignored: the command goes on without its terminal.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        code: int = options.run(options)
    except BrokenPipeError:
        # The reader has closed the pipe. Nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except BaseException:
        # Not only KeyboardInterrupt: raised during an import, it can surface as an error of the imported module.
        if not _interrupted.is_set():
            raise
        with contextlib.suppress(OSError):  # the terminal is gone
            print("stopped", file=sys.stderr)
        return _INTERRUPTED
    return code


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    # A second Ctrl-C must not interrupt the clean-up.
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    _interrupted.set()
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="connect-constructs",
        description="Tools for endpoints that update Amazon Connect contacts: try one in a local AWS, check an account "
        "and a deployed endpoint, and print the client model or the OpenAPI document. For any CDK app: review what a "
        "change of templates means.",
    )
    parser.add_argument("--version", action=_Version, help="show the version")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    local = commands.add_parser(
        "local",
        help="deploy the CDK app in this folder to a local AWS",
        description="Deploys the CDK app in the current folder to a local AWS with an in-memory Amazon Connect, "
        "prints the endpoint and calls that you can paste, and runs until Ctrl-C.",
    )
    local.add_argument(
        "-c",
        "--context",
        action="append",
        default=[],
        type=_context,
        metavar="KEY=VALUE",
        help="CDK context for the app; without instance_arn, an instance of the in-memory Amazon Connect is used",
    )
    local.add_argument("--demo", action="store_true", help="send updates, show the contact before and after, and exit")
    local.add_argument(
        "--contact",
        action="append",
        default=[],
        type=_contact_id,
        metavar="ID",
        help="create a contact with this id; may be repeated. The printed calls use the first one. Default: a new id",
    )
    local.set_defaults(run=_local)

    client_model = commands.add_parser(
        "client-model",
        help="print a service model for calls signed by the AWS CLI and boto3",
        description=_CLIENT_MODEL_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    client_model.add_argument(
        "--endpoint",
        type=endpoint_url,
        metavar="URL",
        help="also print, to standard error, the settings that make the AWS CLI and boto3 call this endpoint",
    )
    client_model.set_defaults(run=_client_model)

    openapi = commands.add_parser(
        "openapi",
        help="print the endpoint's OpenAPI document",
        description="Prints an OpenAPI 3.1 document of the endpoint.",
    )
    openapi.add_argument("--endpoint", type=endpoint_url, metavar="URL", help="the endpoint, as the document's server")
    openapi.set_defaults(run=_openapi)

    doctor.add_to(commands, _context)
    verify.add_to(commands)
    review.add_to(commands)
    return parser


class _Version(argparse.Action):
    """Looks up the version only when asked: a checkout that is not installed has none."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        parser.exit(message=f"connect-constructs {version('connect-constructs')}\n")


def _context(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, got {text!r}")
    return key, value


def _contact_id(text: str) -> str:
    if not 1 <= len(text) <= 256:
        raise argparse.ArgumentTypeError(f"expected a contact's id of 1 to 256 characters, got {len(text)}")
    return text


def _local(options: argparse.Namespace) -> int:
    missing = [name for name in ("boto3", "jsonschema") if not importlib.util.find_spec(name)]
    if missing:
        print(f"{', '.join(missing)} missing: pip install 'connect-constructs[local]'", file=sys.stderr)
        return 1
    from connect_constructs.local import LocalAws, LocalAwsError
    from connect_constructs.local.demo import check_demonstrable, create_contact, demonstrate
    from connect_constructs.local.paste import calls_to_paste

    check = check_demonstrable if options.demo else None
    try:
        with LocalAws(Path.cwd(), context=dict(options.context), report=_show, before_deployment=check) as local:
            for instance_id in local.connect.instance_ids:
                for contact_id in options.contact:
                    create_contact(local.connect, instance_id, contact_id)
            if options.demo:
                demonstrate(local, _show, next(iter(options.contact), None))
            else:
                if options.contact:
                    _show(f"\ncontacts  {', '.join(options.contact)}")
                _show(calls_to_paste(local, options.contact))
                _show("running; Ctrl-C stops it and removes everything")
                threading.Event().wait()
    except LocalAwsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _show(line: str) -> None:
    print(line, flush=True)


def _client_model(options: argparse.Namespace) -> int:
    from connect_constructs.contract.client_model import client_model, client_settings

    print(json.dumps(client_model(), indent=1))
    if options.endpoint:
        # Standard output has only the model, for a file.
        print(client_settings(options.endpoint), file=sys.stderr)
    return 0


def _openapi(options: argparse.Namespace) -> int:
    from connect_constructs.contract.openapi import openapi

    print(json.dumps(openapi(options.endpoint), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
