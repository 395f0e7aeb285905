"""The section `benchmark` of docs/performance.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from benchmarks.performance.cold_start import CERTIFICATES
from benchmarks.performance.figures import Figures, Unit, findings, microseconds, milliseconds, seconds
from benchmarks.performance.handlers import BOTO3, OURS, POWERTOOLS
from benchmarks.performance.paired_runs import Samples, quartiles, ratio
from benchmarks.performance.synthesis import BY_HAND, EMPTY, SOLUTIONS_CONSTRUCTS

# The site of the documentation has no `../`.
_PEERS = "https://github.com/connect-constructs/connect-constructs/tree/main/benchmarks/performance/peers"


def summary(figures: Figures) -> str:
    """The figures that have a peer or a target, in Markdown."""
    return _table(
        ("Figure", "Ours", "Peer", "Peer's", "Ratio", "Target", "Result"),
        (
            (
                finding.figure,
                finding.ours,
                finding.peer,
                finding.peers,
                str(finding.ratio or ""),
                finding.target,
                finding.result,
            )
            for finding in findings(figures)
        ),
    )


def page(figures: Figures) -> str:
    """The section, in Markdown."""
    sections = (_introduction, _cold_start, _warm_path, _asset, _synthesis, _demo)
    return "\n".join(section(figures) for section in sections)


def _introduction(figures: Figures) -> str:
    return f"""\
{summary(figures)}
*Ratio* is the median of ours by the peer's, with its quartiles in parentheses, over {figures.runs} runs. A run has one
fresh process of each, in turn, so that a machine whose speed drifts is as fair to one as to the other. What is compared
is processor time, user and system; only the demonstration is timed by the clock. Ratios say more about other machines
than times do; where the quartiles lie on both sides of a target, some runs miss it. Nothing was measured in AWS, but
here:

{_list(figures.machine)}
The [peers]({_PEERS}):

- **{BOTO3}**: `boto3.client("connect")` and a handler of eight lines that checks nothing.
- **{POWERTOOLS}**: the same call with Powertools for AWS Lambda: Logger, Tracer, Metrics, resolver, pydantic model.
- **{BY_HAND}**: a stack of the same resources with CDK's own constructs.
- **{SOLUTIONS_CONSTRUCTS}**: the same endpoint with the pattern `ApiGatewayToLambda`, which also writes an
  access log, and leaves the function's log group to AWS Lambda.

![Processor time of a start and of a warm request](performance.svg)
"""


def _cold_start(figures: Figures) -> str:
    cold_start = figures.cold_start
    certificates = milliseconds(statistics.median(cold_start.first_request[CERTIFICATES]))
    shares = [(package, f"{share:.0%}") for package, share in figures.import_shares.items() if share >= 0.01]
    return f"""## Cold start

A new process that imports the handler's module, after which it could take a request. Installed packages have their byte
code, as in Lambda's runtime; the handlers' own files have none, because nothing can be written to a function's folder.

{_samples_table("Handler", cold_start.start, BOTO3, milliseconds, counts=("Modules", cold_start.modules))}
The first request goes to a local HTTPS server that takes every update: it loads the certificates and sets up TLS. The
third one shows what comes after.

{_samples_table("First request", cold_start.first_request, BOTO3, milliseconds)}
{_samples_table("Third request", cold_start.third_request, BOTO3, milliseconds)}
**Where the limit is.** Our start, by what Python's `-X importtime` says:

{_table(("Package", "Share"), shares)}
What else a client of boto3's costs is gone: its search through all services, the endpoints and hooks of all of them,
its resources. The function reads what belongs to its own three services, and the partitions, from the runtime's
botocore, so that a Region which a later runtime knows works without a release of ours. What is left is spread over
{cold_start.modules[OURS]} modules, none of which takes more than a few hundredths. To go below is to do without
botocore: to sign, retry and find endpoints with code of one's own.

Of the first request the certificates take {certificates}. Python's `ssl` loads the whole bundle before the first
connection. A bundle with Amazon's authorities only would be faster, and would fail on the day when AWS moves on.
"""


def _warm_path(figures: Figures) -> str:
    warm = figures.warm_path
    columns = (warm.request, warm.call, warm.own)
    rows = [[name, *(microseconds(statistics.median(column[name])) for column in columns)] for name in warm.own]
    request, call, own = rows[0][1:]
    sizes = sorted(next(iter(warm.own_by_size.values())))
    by_size = [
        [kind, *(microseconds(seconds_of[size]) for size in sizes)] for kind, seconds_of in warm.own_by_size.items()
    ]
    return f"""## Warm path

A typical update {warm.requests:,} times in one process, where botocore's HTTP is answered at once. *Own* is what a
request takes beside botocore's call. The log is written to the null device: what takes it from there is not the
handler's.

{_table(("Handler", "Request", "Call", "Own"), rows)}
Our own part, by the bytes of the attributes:

{_table(("Attributes", *(f"{size:,} bytes" for size in sizes)), by_size)}
**Where the limit is.** Of {request}, {call} are botocore's: it serialises, signs and parses. Our {own} are the body's
parsing, the contract's checks, which look at each key and value once, and the log line, which is written at once so
that nothing is lost with the process. To go below is to log or to check less.
"""


def _asset(figures: Figures) -> str:
    archive = figures.archive
    return f"""## Asset

Zipped, as it is uploaded: {archive.size:,} bytes. Both functions have the same.

**Where the limit is.** {archive.by_suffix[".py"]:,} bytes are Python, comments included, and
{archive.by_suffix[".json"]:,} the service models; the rest is the archive's own. To go below is to strip comments.
"""


def _synthesis(figures: Figures) -> str:
    empty = ratio(figures.synthesis[EMPTY], figures.synthesis[OURS]).median
    return f"""## Synthesis

`app.synth()` in a new process, the Node.js process that it starts included. CDK's own template validation, which would
take most of the time, is off on all sides (`CDK_VALIDATION=false`).

{_samples_table("App", figures.synthesis, BY_HAND, seconds)}
**Where the limit is.** An empty app takes {empty:.0%} of ours: Node.js and aws-cdk-lib start. A stack of the same
resources by hand takes the rest, too. Whoever wants less has to take it from CDK or from jsii, its bridge to Python.
"""


def _demo(figures: Figures) -> str:
    steps = [(step, f"{value:.1f}") for step, value in figures.demo.steps.items()]
    return f"""## Demonstration

`make demo` with its set-up done takes {seconds(figures.demo.seconds)}. Bootstrap and synthesis run at the same time.

{_table(("Step", "Seconds"), steps)}
**Where the limit is.** The steps are the CDK CLI's and the emulator's work. The synthesis has CDK's template validation
on, as every `cdk deploy` has it by default.
"""


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, [":---", *["---:"] * (len(headings) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _list(items: Iterable[str]) -> str:
    return "".join(f"- {item}\n" for item in items)


def _samples_table(
    what: str, samples: Samples, by: str, unit: Unit, *, counts: tuple[str, dict[str, int]] | None = None
) -> str:
    """Medians, quartiles, and the ratio to one of the rows; with `counts`, another column."""
    headings = [what, "Median", "Quartiles", f"Ratio to {by}"]
    rows = []
    for name, values in samples.items():
        lower, median, upper = quartiles(values)
        relative = "1" if name == by else str(ratio(values, samples[by]))
        rows.append([name, unit(median), f"{unit(lower)}–{unit(upper)}", relative])
    if counts:
        heading, count_of = counts
        headings.append(heading)
        for row in rows:
            row.append(str(count_of.get(row[0], "")))
    return _table(headings, rows)
