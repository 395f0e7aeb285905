"""Lambda's concurrency in the account and Region, compared with what the functions need."""

from __future__ import annotations

from connect_constructs.doctor.aws import Clients
from connect_constructs.doctor.finding import Finding, Status
from connect_constructs.doctor.settings import Settings
from connect_constructs.doctor.target import Target

NAME = "Lambda concurrency"
PERMISSION = "lambda:GetAccountSettings"

# The requests that the endpoint allows at once without a queue. With a queue it allows more, and that its function
# needs no more executions than this is a guess.
ENDPOINT_BURST = 15
# The executions that the queue's event source starts at once.
QUEUE_CONCURRENCY = 2
# A reservation that leaves fewer executions unreserved is refused (Lambda Developer Guide, "Configuring reserved
# concurrency"). In accounts with fewer than 100 in all, the minimum is that number: "below its minimum value of [10]",
# or [50] (aws-samples/alarm-context-tool#2, awslabs/amazon-neptune-tools#324).
_UNRESERVED_MINIMUM = 100


def check_lambda_concurrency(settings: Settings, target: Target, clients: Clients) -> Finding:
    """Check how many concurrent executions are unreserved, because the app's functions use those. Raises AwsError.

    New accounts may have 10 (aws-samples/one-observability-demo#278).
    """
    assert target.region
    limit = clients("lambda", target.region).get_account_settings()["AccountLimit"]
    total, unreserved = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    reservable = max(unreserved - _UNRESERVED_MINIMUM, 0)
    found = f"{unreserved} of {total} executions unreserved; {reservable} can be reserved"
    todo = (
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
        f"--desired-value 1000 --region {target.region}"
    )
    queue = QUEUE_CONCURRENCY if settings.queue else 0
    if unreserved < 1 + queue:
        return Finding(NAME, Status.ACTION_NEEDED, f"{found}: the app needs at least {1 + queue}", todo)
    if unreserved < ENDPOINT_BURST + queue:
        return Finding(
            NAME,
            Status.WARNING,
            f"{found}: when all are in use, callers get 503, and other functions of the account are throttled",
            todo,
        )
    return Finding(NAME, Status.OK, found)
