"""Errors that a caller gets: Amazon Connect's own types and statuses."""

from __future__ import annotations

from contact_updates.contract import error_status

# Types that Amazon Connect's model of the two operations does not have, and their statuses.
_OTHER_STATUSES = {
    "RequestEntityTooLargeException": 413,
    "UnknownOperationException": 404,
    "UnsupportedMediaTypeException": 415,
}


class UpdateError(Exception):
    """An update that was not made, in the form in which the caller is told.

    `message` is for the caller alone: Amazon Connect's own text where there is one, which may repeat the caller's
    values. `public_message` is for what is stored or published: a text of ours, without any value or account detail.
    Default: `message`. `upstream_message` is Amazon Connect's text, for the dead letter.
    """

    def __init__(
        self, error_type: str, message: str, *, public_message: str | None = None, upstream_message: str | None = None
    ) -> None:
        super().__init__(error_type)
        self.error_type = error_type
        self.message = message
        self.public_message = public_message or message
        self.upstream_message = upstream_message
        self.status = _OTHER_STATUSES.get(error_type) or error_status(error_type)


def internal_error() -> UpdateError:
    """What a caller is told of a fault that is not the caller's: it may be worth trying again."""
    return UpdateError("InternalServiceException", "The update could not be made because of a fault in this service.")


def not_found() -> UpdateError:
    """The instance or the contact does not exist as far as this endpoint is concerned."""
    return UpdateError("ResourceNotFoundException", "The instance or the contact was not found.")
