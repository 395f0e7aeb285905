"""A function's process, as close as possible to AWS Lambda's: a start, then requests one after another.

    python lambda_process.py MODULE EVENT_FILE REQUESTS

Runs in the peers' environment. The last printed line has the CPU seconds of each request and the number of modules
after the start.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """The part of Lambda's context that the handlers use."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"
    function_name = "contact-updates"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:111122223333:function:contact-updates"
    memory_limit_in_mb = 512

    def get_remaining_time_in_millis(self) -> int:
        return 25_000


def main(module: str, event_file: str, requests: str) -> None:
    handler = importlib.import_module(module).handler
    modules = len(sys.modules)
    event: dict[str, Any] = json.loads(Path(event_file).read_text(encoding="utf-8"))
    seconds = []
    for _ in range(int(requests)):
        started = time.process_time()
        answer = handler(event, Context())
        seconds.append(time.process_time() - started)
        if answer["statusCode"] != 200:
            sys.exit(f"{module}: expected status 200, got {answer}")
    print(json.dumps({"modules": modules, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
