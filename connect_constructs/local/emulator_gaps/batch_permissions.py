"""A batch call needs the permission of the single call (SQS Developer Guide, "Amazon SQS API permissions")."""

from __future__ import annotations

from typing import Any

from ministack.core import iam_actions


def close() -> None:
    """Name the single call's action where the emulator names the batch call's, which no policy has."""
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *arguments: Any, **options: Any) -> Any:
        action = extract(service, *arguments, **options)
        return action.removesuffix("Batch") if service == "sqs" and isinstance(action, str) else action

    iam_actions.extract_iam_action = extract_iam_action
