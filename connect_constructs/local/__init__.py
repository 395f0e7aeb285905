"""A local AWS to try and test a stack in: an emulator, an in-memory Amazon Connect, and the app deployed into both."""

from connect_constructs.local.errors import LocalAwsError
from connect_constructs.local.session import LocalAws

__all__ = ["LocalAws", "LocalAwsError"]
