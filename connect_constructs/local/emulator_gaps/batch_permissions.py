"""A batch call needs the permission for the single call (SQS Developer Guide, "Amazon SQS API permissions")."""

from __future__ import annotations

from typing import Any

from ministack.core import iam_actions


def close() -> None:
    """Check the single call's action instead of the batch call's, which no policy names."""
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *arguments: Any, **options: Any) -> Any:
        action = extract(service, *arguments, **options)
        return action.removesuffix("Batch") if service == "sqs" and isinstance(action, str) else action

    iam_actions.extract_iam_action = extract_iam_action
