"""AWS's endpoints use TLS, and policies can require it. The emulator has no TLS, but enforces such policies.

The requirement is therefore removed from the local copies of queue policies and from the bootstrap bucket.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connect_constructs.local.assembly import stacks, template_files


def remove_policy(bucket: str, s3: Any) -> None:
    """Remove the bootstrap bucket's policy, which only denies calls without TLS."""
    s3.delete_bucket_policy(Bucket=bucket)


def remove_tls_requirements(assembly: Path) -> int:
    """Remove the statements that deny calls to queues without TLS from all templates. Returns the number removed."""
    count = 0
    for stack in stacks(assembly):
        for file in template_files(stack.template_file):
            template = json.loads(file.read_text(encoding="utf-8"))
            found = remove_tls_requirements_from(template)
            if found:
                file.write_text(json.dumps(template), encoding="utf-8")
                count += found
    return count


def remove_tls_requirements_from(template: dict[str, Any]) -> int:
    """Remove the statements that deny calls to queues without TLS from `template`. Returns the number removed."""
    count = 0
    for item in template["Resources"].values():
        if item["Type"] == "AWS::SQS::QueuePolicy":
            document = item["Properties"]["PolicyDocument"]
            kept = [statement for statement in document["Statement"] if not _requires_tls(statement)]
            count += len(document["Statement"]) - len(kept)
            document["Statement"] = kept
    return count


def _requires_tls(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement.get("Effect") == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false"
