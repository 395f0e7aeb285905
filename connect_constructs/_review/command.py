"""The command's options and its exit status. Imports nothing of the review before it runs."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connect_constructs._review.accepted import Accepted
    from connect_constructs._review.reading import StackInput

_NOTHING, _FINDINGS, _UNREADABLE = 0, 1, 2
_ACCEPTED_FILE = "review-accepted.toml"

_DESCRIPTION = """\
Compares CloudFormation templates of any CDK app, old and new, and reports what
the difference means: data lost, exposure, permissions widened, identities
replaced, protection weakened, deployments that will fail. It synthesizes
nothing, runs no code of the app, and makes no calls to AWS.
"""
_EPILOG = """\
OLD and NEW are two templates (JSON) or two cloud assemblies (cdk.out). With
--base, the arguments are files or folders of this Git repository, such as
template snapshots. They are compared with the merge base of REF and HEAD.

classes, for --fail-on:
  1 data         a stateful resource is removed or replaced
  2 exposure     authorization, API keys, resource policies, trust, CORS, networks
  3 permissions  grants that no old grant covers
  4 identity     a name, ARN, URL, output or export changes
  5 protection   encryption, throttles, logs, dead letters, alarms, backups, TLS
  6 deployment   CloudFormation will refuse the change
  7 unknown      changes that the templates do not explain
  8 narrowed     permissions lost
  9 other        every other change, one line for each
  unknown-security  the part of 7 about replacement, permissions or exposure

review-accepted.toml accepts findings by id:
  [[accepted]]
  id = "api-authorization-off-1a2b3c4d"
  reason = "The method only tells the version."

exit status:
  0  no findings in the classes of --fail-on, except accepted ones
  1  findings in the classes of --fail-on that are not accepted
  2  unreadable input or wrong usage

examples:
  connect-constructs review old.template.json new.template.json
  connect-constructs review ../main/cdk.out cdk.out --format markdown
  connect-constructs review --base origin/main tests/__snapshots__
"""


def add_to(commands: Any) -> None:
    """Add the command to the subparsers `commands`."""
    parser = commands.add_parser(
        "review",
        help="report what a change of CloudFormation templates means",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [options] OLD NEW\n       %(prog)s [options] --base REF PATH [PATH ...]",
    )
    parser.add_argument("paths", nargs="+", metavar="OLD NEW | PATH", help="what to compare; see below")
    parser.add_argument("--base", metavar="REF", help="compare committed files with the merge base of REF and HEAD")
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="how to print the report; default: text"
    )
    parser.add_argument(
        "--fail-on",
        metavar="CLASSES",
        help="numbers, ranges or names, with commas, or none; default: 1-6,unknown-security",
    )
    parser.add_argument(
        "--accepted",
        type=Path,
        metavar="FILE",
        help=f"accepted findings; default: {_ACCEPTED_FILE} in the current folder, if it exists",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Review, print the report; the exit status."""
    from connect_constructs._review.errors import InputError
    from connect_constructs._review.failing import DEFAULT, parse_failing
    from connect_constructs._review.markdown import as_markdown
    from connect_constructs._review.report import make_report
    from connect_constructs._review.review import review
    from connect_constructs._review.structured import as_json
    from connect_constructs._review.text import as_text

    try:
        failing = parse_failing(DEFAULT if options.fail_on is None else options.fail_on)
        old, new = _inputs(options)
        report = make_report(review(old, new), failing, _accepted(options.accepted))
    except InputError as error:
        return _fail(str(error))
    except ValueError as error:
        return _fail(f"--fail-on: {error}")
    except RecursionError:
        return _fail("a template is nested too deep")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Templates hold characters that a terminal's encoding may not have.
        sys.stdout.reconfigure(errors="backslashreplace")
    print({"text": as_text, "markdown": as_markdown, "json": as_json}[options.format](report))
    if options.format != "text":
        for one in report.stale:
            print(f"warning: accepted, and no longer found: {one}", file=sys.stderr)
    return _FINDINGS if report.failing else _NOTHING


def _inputs(options: argparse.Namespace) -> tuple[list[StackInput], list[StackInput]]:
    from connect_constructs._review.errors import InputError
    from connect_constructs._review.git import read_against_base
    from connect_constructs._review.reading import read_assembly, read_template

    if options.base is not None:
        return read_against_base(options.base, options.paths)
    if len(options.paths) != 2:
        raise InputError(f"expected OLD and NEW, or --base REF and paths, got {len(options.paths)} paths")
    old, new = map(Path, options.paths)
    for path in (old, new):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    if old.is_dir() != new.is_dir():
        raise InputError("expected two templates or two cloud assemblies, got one of each")
    if old.is_dir():
        return read_assembly(old), read_assembly(new)
    # One stack, whatever the files are called.
    name = new.name.removesuffix(".json").removesuffix(".template")
    return [read_template(old, name)], [read_template(new, name)]


def _accepted(path: Path | None) -> Accepted:
    from connect_constructs._review.accepted import Accepted, read_accepted

    if path is None:
        path = Path(_ACCEPTED_FILE)
        if not path.exists():
            return Accepted({})
    return read_accepted(path)


def _fail(message: str) -> int:
    from connect_constructs._review.text import printable

    print(f"error: {printable(message)}", file=sys.stderr)
    return _UNREADABLE
