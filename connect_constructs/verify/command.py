"""The command: its options and its run. Imports neither boto3 nor aws_cdk before it runs."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from connect_constructs._endpoint_url import endpoint_url
from connect_constructs._instance_arn import INSTANCE_ARN

if TYPE_CHECKING:
    from botocore.session import Session

    from connect_constructs.verify.endpoint import Endpoint
    from connect_constructs.verify.rows import Row

_Parsed = TypeVar("_Parsed")

API_KEY_VARIABLE = "CONTACT_UPDATES_API_KEY"
HEADER_VARIABLE = "CONTACT_UPDATES_HEADER"

_FAILED = 1
_USAGE = 2
_OPERATIONS = ("UpdateContactAttributes", "UpdateContact")
_QUEUE_TIMEOUT_SECONDS = 480

# {api}.execute-api.{region}.amazonaws.com, and the host names of private APIs.
_API_HOST = re.compile(r"\.execute-api(?:-fips)?\.(?P<region>[a-z]{2}[a-z-]*-\d+)\.")
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w.-]+|https?://[^\s?#]+/\d{12}/[\w.-]+")
_SQS_HOST = re.compile(r"sqs(?:-fips)?\.(?P<region>[a-z]{2}[a-z-]*-\d+)\.")
_HEADER = re.compile(r"(?P<name>[A-Za-z0-9-]+):\s*(?P<value>[\x20-\x7e]+)")
_API_KEY = re.compile(r"[\x21-\x7e]+")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.:\[\]-]+")
_REGION = re.compile(r"[a-z0-9-]+")
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_MEMBER = re.compile(r"Name|Description|(References|SegmentAttributes)\.[^,]{1,100}")

_DEAD_LETTERS = (
    "An endpoint with a queue accepts an update for each operation. About six minutes later, each becomes a dead "
    "letter, and alarms on the dead-letter queue go off."
)

_DESCRIPTION = """\
Calls a deployed endpoint with your credentials in ways that change nothing:
for a contact that does not exist, for another instance, with a wrong
signature, and so on. Compares each answer with the expected one. Some of the
calls reach Amazon Connect.
"""
_EPILOG = """\
exit status:
  0  all rows are as expected
  1  a row is not as expected, or the calls could not be made
  2  wrong usage

An endpoint with a queue accepts an update for each operation. About six
minutes later, each becomes a dead letter, and alarms on the dead-letter queue
go off. --through-queue waits for these dead letters and deletes them. It
deletes no others.
"""


def add_to(commands: Any) -> None:
    """Register the command with an argparse parser's subcommands."""
    parser = commands.add_parser(
        "verify",
        help="check, with calls that change nothing, that a deployed endpoint works",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--endpoint",
        type=endpoint_url,
        required=True,
        metavar="URL",
        help="the stack's output Endpoint, with the stage",
    )
    parser.add_argument(
        "--instance-arn",
        type=_instance_arn,
        required=True,
        metavar="ARN",
        help="the instance that the endpoint is bound to",
    )
    parser.add_argument(
        "--profile", metavar="NAME", help="the profile whose credentials sign the calls. Default: as in the AWS CLI"
    )
    parser.add_argument(
        "--region",
        type=_region,
        metavar="REGION",
        help="the API's Region. Default: the one in the URL, or else the instance's",
    )
    parser.add_argument(
        "--operation",
        action="append",
        choices=_OPERATIONS,
        help="an operation that the endpoint offers; may be repeated. Default: both",
    )
    parser.add_argument(
        "--attribute",
        type=_attribute,
        default="connect-constructs-verify",
        metavar="KEY",
        help="one of the endpoint's allowed_attributes, if it has any",
    )
    parser.add_argument(
        "--member",
        type=_member,
        default="Name",
        metavar="NAME",
        help="a member of UpdateContact that callers may write, for an endpoint with allowed_members: Name, "
        "Description, References.KEY or SegmentAttributes.KEY; default: Name",
    )
    parser.add_argument(
        "--origin",
        type=_origin,
        metavar="ORIGIN",
        help="an origin whose web pages may call, such as https://crm.example",
    )
    parser.add_argument(
        "--api-key",
        type=_api_key,
        metavar="KEY",
        help=f"an API key. Default: the environment variable {API_KEY_VARIABLE}, which keeps the key out of the "
        "shell's history",
    )
    parser.add_argument(
        "--header",
        action="append",
        type=_header,
        metavar="'NAME: VALUE'",
        help="a header for each call; may be repeated. Authorization replaces the signature. Default: the environment "
        f"variable {HEADER_VARIABLE}",
    )
    parser.add_argument("--no-sign-request", action="store_true", help="do not sign; the headers identify the caller")
    parser.add_argument(
        "--through-queue",
        type=_queue,
        metavar="DEAD_LETTER_QUEUE",
        help="wait until the updates of this run are rejected, and delete their dead letters. The value is the stack's "
        "output DeadLetterQueueArn, or that queue's URL",
    )
    parser.add_argument(
        "--queue-timeout",
        type=_seconds,
        default=_QUEUE_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="how long --through-queue waits at most. Default: %(default)s",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    if not importlib.util.find_spec("botocore"):
        return _fail("boto3 is missing: pip install 'connect-constructs[local]'")
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    from connect_constructs.verify.dead_letters import DeadLetterQueueError
    from connect_constructs.verify.endpoint import UnreachableError
    from connect_constructs.verify.table import as_json, as_text

    region = options.region or _region_of(options.endpoint, options.instance_arn)
    try:
        session = Session(profile=options.profile)
        rows = _rows(options, session, _endpoint_of(options, session, region), region)
    except (BotoCoreError, DeadLetterQueueError, UnreachableError, _NoCredentialsError) as error:
        return _fail(str(error))
    except _UsageError as error:
        return _fail(str(error), code=_USAGE)
    if options.json:
        about = {"endpoint": options.endpoint, "instanceArn": options.instance_arn, "region": region}
        print(json.dumps(as_json(rows, **about), indent=1, ensure_ascii=False))
    else:
        print(as_text(rows))
    return 0 if all(row.passed for row in rows) else _FAILED


class _UsageError(Exception):
    """An option or variable has an unusable value. The message can be shown to users as it is."""


class _NoCredentialsError(Exception):
    """There are no credentials to sign with. The message can be shown to users as it is."""


def _endpoint_of(options: argparse.Namespace, session: Session, region: str) -> Endpoint:
    from connect_constructs.verify.endpoint import Endpoint

    headers = dict(options.header or filter(None, [_from_environment(HEADER_VARIABLE, _header)]))
    api_key = options.api_key or _from_environment(API_KEY_VARIABLE, _api_key)
    signs = not options.no_sign_request and "authorization" not in {name.lower() for name in headers}
    credentials = session.get_credentials() if signs else None
    if signs and credentials is None:
        raise _NoCredentialsError(
            "no AWS credentials to sign with: log in or configure them as for the AWS CLI, or use --profile. For an "
            "endpoint with an authorizer, use --header 'Authorization: …' instead"
        )
    return Endpoint(
        options.endpoint,
        region=region,
        credentials=credentials.get_frozen_credentials() if credentials else None,
        headers=headers,
        api_key=api_key,
        ca_bundle=session.get_config_variable("ca_bundle"),
    )


def _from_environment(variable: str, parse: Callable[[str], _Parsed]) -> _Parsed | None:
    """The variable's value, parsed; None if it is not set. Raises _UsageError."""
    text = os.environ.get(variable)
    if text is None:
        return None
    if not text:
        raise _UsageError(f"{variable} is empty: set it, or unset it")
    try:
        return parse(text)
    except argparse.ArgumentTypeError as error:
        raise _UsageError(f"{variable}: {error}") from None


def _rows(options: argparse.Namespace, session: Session, endpoint: Endpoint, region: str) -> list[Row]:
    from connect_constructs.verify.dead_letters import DeadLetterQueue, rows_of_dead_letters
    from connect_constructs.verify.rows import Row, Subject, Verification

    dead_letters = None
    if options.through_queue:
        _report(_DEAD_LETTERS + " This run deletes its own dead letters and no others. Until then, alarms may go off.")
        sqs = session.create_client("sqs", region_name=_queue_region(options.through_queue) or region)
        dead_letters = DeadLetterQueue(sqs, options.through_queue, report=_report)
    verification = Verification(
        endpoint,
        Subject(
            instance_arn=options.instance_arn,
            operations=[name for name in _OPERATIONS if name in (options.operation or _OPERATIONS)],
            attribute=options.attribute,
            member=options.member,
            origin=options.origin,
        ),
    )
    verification.run()
    accepted = verification.accepted
    if dead_letters is None:
        if accepted:
            _report(
                f"The endpoint has a queue, which accepted {len(accepted)} updates of contacts that do not exist: "
                f"{', '.join(accepted)}. Their outcome was not checked (that takes --through-queue). In about six "
                "minutes they should be dead letters, and alarms on the dead-letter queue then go off."
            )
        return verification.rows
    if not accepted:
        meaning = "The endpoint has no queue, or it accepted nothing. Leave out --through-queue, or see the rows above."
        return [*verification.rows, Row("through the queue", "202 with an Update-Id", "no such answer", False, meaning)]
    return verification.rows + rows_of_dead_letters(
        dead_letters,
        accepted,
        own_text=verification.own_text,
        timeout_seconds=options.queue_timeout,
        report=_report,
    )


def _region_of(endpoint: str, instance_arn: str) -> str:
    """The API's Region from its URL. If the URL has none, the instance's Region is the best guess."""
    in_host = _API_HOST.search(urlsplit(endpoint).hostname or "")
    in_arn = INSTANCE_ARN.fullmatch(instance_arn)
    assert in_arn  # checked as an argument
    return (in_host or in_arn)["region"]


def _queue_region(queue: str) -> str | None:
    if queue.startswith("arn:"):
        return queue.split(":")[3]
    match = _SQS_HOST.search(queue)
    return match["region"] if match else None


def _report(line: str) -> None:
    # Standard output is for the table only.
    print(line, file=sys.stderr, flush=True)


def _fail(message: str, *, code: int = _FAILED) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code


def _instance_arn(text: str) -> str:
    if not INSTANCE_ARN.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"expected an instance's ARN such as arn:aws:connect:us-east-1:111122223333:instance/ID, got {text!r}"
        )
    return text


def _queue(text: str) -> str:
    if not _QUEUE.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "expected the dead-letter queue's ARN, such as arn:aws:sqs:us-east-1:111122223333:NAME, or its URL"
        )
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"expected a Region such as us-east-1, got {text!r}")
    return text


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"expected an origin as browsers send it, such as https://crm.example.com, without a path, got {text!r}"
        )
    return text


def _api_key(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected an API key, got an empty string")
    if not _API_KEY.fullmatch(text):
        raise argparse.ArgumentTypeError("expected printable ASCII characters without spaces")
    return text


def _attribute(text: str) -> str:
    if not _ATTRIBUTE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"expected letters, digits, dashes and underscores, got {text!r}")
    return text


def _member(text: str) -> str:
    if not _MEMBER.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"expected Name, Description, References.KEY or SegmentAttributes.KEY, got {text!r}"
        )
    return text


def _header(text: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(text)
    if not match:
        # The text may be a token.
        raise argparse.ArgumentTypeError("expected 'NAME: VALUE', such as 'Authorization: Bearer …'")
    return match["name"], match["value"]


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError(f"expected whole seconds from 1 to 86400, got {text!r}")
    return int(text)
