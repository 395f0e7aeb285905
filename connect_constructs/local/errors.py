"""The error that the local AWS raises."""

from __future__ import annotations


class LocalAwsError(Exception):
    """The local AWS could not do what it was asked to. The message says why, and can be shown to users as it is."""
