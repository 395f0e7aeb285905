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
*Ratio* is the median of ours divided by the peer's over {figures.runs} runs, with the quartiles in parentheses. Each
run starts one new process of each, in turn, so that a drift in the machine's speed affects both equally. The times are
CPU time, user and system; only the demonstration is wall-clock time. Ratios carry over to other machines better than
times do. Where the quartiles lie on both sides of a target, some runs miss it. Nothing was measured in AWS, but on this
machine:

{_list(figures.machine)}
The [peers]({_PEERS}):

- **{BOTO3}**: `boto3.client("connect")` and an eight-line handler that checks nothing.
- **{POWERTOOLS}**: the same call with Powertools for AWS Lambda: Logger, Tracer, Metrics, resolver, pydantic model.
- **{BY_HAND}**: a stack of the same resources with CDK's own constructs.
- **{SOLUTIONS_CONSTRUCTS}**: the same endpoint with the pattern `ApiGatewayToLambda`, which also writes an
  access log and leaves the function's log group to AWS Lambda.

![Processor time of a start and of a warm request](performance.svg)
"""


def _cold_start(figures: Figures) -> str:
    cold_start = figures.cold_start
    certificates = milliseconds(statistics.median(cold_start.first_request[CERTIFICATES]))
    shares = [(package, f"{share:.0%}") for package, share in figures.import_shares.items() if share >= 0.01]
    return f"""## Cold start

A new process imports the handler's module and is then ready for a request. Installed packages have byte code, as in the
Lambda runtime; the handlers' own files have none, because a function's folder is read-only.

{_samples_table("Handler", cold_start.start, BOTO3, milliseconds, counts=("Modules", cold_start.modules))}
The first request goes to a local HTTPS server that accepts every update; it includes loading the certificates and
setting up TLS. The third request shows the cost of the later ones.

{_samples_table("First request", cold_start.first_request, BOTO3, milliseconds)}
{_samples_table("Third request", cold_start.third_request, BOTO3, milliseconds)}
**Where the limit is.** Our start, according to Python's `-X importtime`:

{_table(("Package", "Share"), shares)}
The other costs of a boto3 client are avoided: searching all services, loading their endpoints and hooks, and resources.
The function reads only the data of its own three services and the partitions from the runtime's botocore, so that a
Region known to a later runtime works without a new release. The rest is spread over {cold_start.modules[OURS]} modules,
none of which takes more than a few percent. Anything faster would have to replace botocore: its signing, retries and
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

A typical update {warm.requests:,} times in one process, with botocore's HTTP requests answered at once. *Own* is the
part of a request outside botocore's call. The log goes to the null device, because whatever reads it is not the
handler's cost.

{_table(("Handler", "Request", "Call", "Own"), rows)}
Our own part, by the size of the attributes:

{_table(("Attributes", *(f"{size:,} bytes" for size in sizes)), by_size)}
**Where the limit is.** Of {request}, botocore takes {call} to serialise, sign and parse. Our {own} are for parsing the
body, checking each key and value once against the contract, and writing the log line, which is written at once so that
it is not lost with the process. Anything faster would have to log or check less.
"""


def _asset(figures: Figures) -> str:
    archive = figures.archive
    return f"""## Asset

Zipped, as uploaded: {archive.size:,} bytes. Both functions use the same asset.

**Where the limit is.** {archive.by_suffix[".py"]:,} bytes are Python, including comments, and
{archive.by_suffix[".json"]:,} are the service models; the rest is the archive format. Anything smaller would have to
drop comments.
"""


def _synthesis(figures: Figures) -> str:
    empty = ratio(figures.synthesis[EMPTY], figures.synthesis[OURS]).median
    return f"""## Synthesis

`app.synth()` in a new process, including the Node.js process that it starts. CDK's own template validation would take
most of the time and is off on all sides (`CDK_VALIDATION=false`).

{_samples_table("App", figures.synthesis, BY_HAND, seconds)}
**Where the limit is.** An empty app takes {empty:.0%} of our time: Node.js and aws-cdk-lib start. A stack of the same
resources by hand takes the rest. Only CDK and jsii, its bridge to Python, could be faster.
"""


def _demo(figures: Figures) -> str:
    steps = [(step, f"{value:.1f}") for step, value in figures.demo.steps.items()]
    return f"""## Demonstration

After its set-up, `make demo` takes {seconds(figures.demo.seconds)}. Bootstrap and synthesis run at the same time.

{_table(("Step", "Seconds"), steps)}
**Where the limit is.** The steps are the work of the CDK CLI and the emulator. CDK's template validation is on during
the synthesis, which is the default for every `cdk deploy`.
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
