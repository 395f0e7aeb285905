"""What a caller of the local AWS has to expect when something goes wrong."""

from __future__ import annotations


class LocalAwsError(Exception):
    """The local AWS could not do what was asked; the message says why, and is meant to be shown as it is."""
