"""AWS's endpoints have TLS, and policies can demand it. The emulator has none, and enforces such policies.

So the demand is taken out of the local copies of queue policies, and off the bootstrap's bucket.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connect_constructs.local.assembly import stacks, template_files


def remove_policy(bucket: str, s3: Any) -> None:
    """Remove the bootstrap bucket's policy, which does nothing but deny calls without TLS."""
    s3.delete_bucket_policy(Bucket=bucket)


def remove_demands_for_tls(assembly: Path) -> int:
    """Take out what refuses calls to queues without TLS, which the emulator does not have; how many it were."""
    count = 0
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            template = json.loads(file.read_text(encoding="utf-8"))
            found = without_demands_for_tls(template)
            if found:
                file.write_text(json.dumps(template), encoding="utf-8")
                count += found
    return count


def without_demands_for_tls(template: dict[str, Any]) -> int:
    """Take the statements out of `template` that deny calls to queues without TLS; how many it were."""
    count = 0
    for item in template["Resources"].values():
        if item["Type"] == "AWS::SQS::QueuePolicy":
            document = item["Properties"]["PolicyDocument"]
            kept = [statement for statement in document["Statement"] if not _demands_tls(statement)]
            count += len(document["Statement"]) - len(kept)
            document["Statement"] = kept
    return count


def _demands_tls(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement.get("Effect") == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false"
