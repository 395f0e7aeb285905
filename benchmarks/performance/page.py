"""The section `benchmark` of docs/performance.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from benchmarks.performance.cold_start import CERTIFICATES
from benchmarks.performance.figures import Figures, Unit, findings, microseconds, milliseconds, seconds
from benchmarks.performance.handlers import BOTO3, OURS, POWERTOOLS
from benchmarks.performance.paired_runs import Samples, quartiles, ratio
from benchmarks.performance.synthesis import BY_HAND, EMPTY, SOLUTIONS_CONSTRUCTS

# The documentation site has nothing above docs/.
_PEERS = "https://github.com/connect-constructs/connect-constructs/tree/main/benchmarks/performance/peers"


def summary(figures: Figures) -> str:
    """The figures that have a peer or a target, as a Markdown table."""
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
*Ours* is connect-constructs. *Ratio* is our figure divided by the peer's: the median over {figures.runs} runs, with the
quartiles in parentheses. Each run starts one new process of each, in turn, so that a drift in the machine's speed
affects both equally. Times are CPU time, user and system; only the demonstration is wall-clock time. On other machines,
the ratios will differ less than the times. If the quartiles lie on both sides of a target, some runs miss it. Nothing
was measured in AWS. This is the machine:

{_list(figures.machine)}
The [peers]({_PEERS}):

- **{BOTO3}**: `boto3.client("connect")` and an eight-line handler that checks nothing.
- **{POWERTOOLS}**: the same call with Powertools for AWS Lambda: Logger, Tracer, Metrics, resolver, pydantic model.
- **{BY_HAND}**: the same resources, written with CDK's own constructs.
- **{SOLUTIONS_CONSTRUCTS}**: the same endpoint with the pattern `ApiGatewayToLambda`, which also writes an
  access log and leaves the function's log group to AWS Lambda.

![Processor time of a start and of a warm request](performance.svg)
"""


def _cold_start(figures: Figures) -> str:
    cold_start = figures.cold_start
    certificates = milliseconds(statistics.median(cold_start.first_request[CERTIFICATES]))
    shares = [(package, f"{share:.0%}") for package, share in figures.import_shares.items() if share >= 0.01]
    return f"""## Cold start

A new process imports the handler's module, and is then ready for a request. Installed packages have byte code, as in
the Lambda runtime. The handlers' own files have none, because a function's folder is read-only.

{_samples_table("Handler", cold_start.start, BOTO3, milliseconds, counts=("Modules", cold_start.modules))}
The first request goes to a local HTTPS server that accepts every update. It includes loading the certificates and
setting up TLS. The third request shows what later requests cost.

{_samples_table("First request", cold_start.first_request, BOTO3, milliseconds)}
{_samples_table("Third request", cold_start.third_request, BOTO3, milliseconds)}
**Where the limit is.** This is where the time of our start goes, according to Python's `-X importtime`:

{_table(("Package", "Share"), shares)}
The function avoids the other costs of a boto3 client: searching all services, loading their endpoints and hooks, and
resources. From the runtime's botocore it reads only the data of its own three services and the partitions, so Regions
that a later runtime knows work without a new release. The rest is spread over {cold_start.modules[OURS]} modules, none
of which takes more than a few percent. A faster start would need a replacement for botocore: its signing, retries and
endpoint resolution.

The certificates take {certificates} of the first request. Python's `ssl` loads the whole bundle before the first
connection. A bundle with only Amazon's authorities would be faster, but would fail as soon as AWS changes them.
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

A process handles a typical update {warm.requests:,} times, and botocore's HTTP requests are answered at once. *Call* is
the time in botocore, and *Own* is the rest. The log goes to the null device, because reading it is not the handler's
cost.

{_table(("Handler", "Request", "Call", "Own"), rows)}
Our own part for attributes of different sizes:

{_table(("Attributes", *(f"{size:,} bytes" for size in sizes)), by_size)}
**Where the limit is.** Of {request}, botocore takes {call} to serialize, sign and parse. In our {own}, the function
parses the body, checks each key and value once against the contract, and writes the log line (at once, so that it is
not lost if the process ends). A faster function would have to check or log less.
"""


def _asset(figures: Figures) -> str:
    archive = figures.archive
    return f"""## Asset

Zipped, as uploaded: {archive.size:,} bytes. Both functions use the same asset.

**Where the limit is.** {archive.by_suffix[".py"]:,} bytes are Python, including comments, and
{archive.by_suffix[".json"]:,} are the service models. The rest is the archive format. A smaller asset would have to
drop comments.
"""


def _synthesis(figures: Figures) -> str:
    empty = ratio(figures.synthesis[EMPTY], figures.synthesis[OURS]).median
    return f"""## Synthesis

This is `app.synth()` in a new process, including the Node.js process that it starts. CDK's own template validation
would take most of the time, so it is off for all apps (`CDK_VALIDATION=false`).

{_samples_table("App", figures.synthesis, BY_HAND, seconds)}
**Where the limit is.** An empty app takes {empty:.0%} of our time, because Node.js and aws-cdk-lib start. The same
resources by hand take the rest. Only CDK and jsii, its bridge to Python, could be faster.
"""


def _demo(figures: Figures) -> str:
    steps = [(step, f"{value:.1f}") for step, value in figures.demo.steps.items()]
    return f"""## Demonstration

After the first run, `make demo` takes {seconds(figures.demo.seconds)}. Bootstrap and synthesis run at the same time.

{_table(("Step", "Seconds"), steps)}
**Where the limit is.** All steps are work of the CDK CLI and the emulator. CDK's template validation is on, as it is by
default in every `cdk deploy`.
"""


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, [":---", *["---:"] * (len(headings) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _list(items: Iterable[str]) -> str:
    return "".join(f"- {item}\n" for item in items)


def _samples_table(
    what: str, samples: Samples, by: str, unit: Unit, *, counts: tuple[str, dict[str, int]] | None = None
) -> str:
    """Medians, quartiles, and the ratio to the row `by`. `counts` adds a column."""
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
