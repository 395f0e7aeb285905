"""A session of botocore's with no more than the handler's clients need, which makes them several times as fast.

All that relies on botocore's internals to that end is here and in `data_loader`. Where a newer botocore no longer lets
it be, `session` does without.
"""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider

from contact_updates.aws.data_loader import SERVICES, DataLoader

# As botocore's hooks name the handler's services; "eventbridge" is a newer name of one of them.
_HOOKED = frozenset({"*", "eventbridge", *SERVICES})


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """botocore's session, without the hooks of other services, which most of its set-up is about."""

    def register(self, event_name: str, *hook: Any, **options: Any) -> None:
        # An event is called kind.service.operation, or less of it.
        kind, *of = event_name.split(".")
        if kind != "docs" and (not of or of[0] in _HOOKED):
            super().register(event_name, *hook, **options)


def trimmed_session() -> botocore.session.Session:
    """A session whose clients come from the contract's service model."""
    session = _Session()
    session.register_component("data_loader", DataLoader())
    # All that AWS Lambda gives credentials by, the latter with SnapStart. botocore's other ways take time to set up.
    session.register_component("credential_provider", CredentialResolver([EnvProvider(), ContainerProvider()]))
    return session
