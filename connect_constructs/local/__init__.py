"""A local AWS to try and test a stack in: an emulator, an in-memory Amazon Connect, and the app deployed into both."""

from connect_constructs.local.errors import LocalAwsError

try:
    from connect_constructs.local.session import LocalAws
except ModuleNotFoundError as missing:
    if missing.name not in ("boto3", "botocore", "jsonschema"):
        raise
    raise ModuleNotFoundError(
        f"{missing.name} is missing: pip install 'connect-constructs[local]'", name=missing.name
    ) from None

__all__ = ["LocalAws", "LocalAwsError"]
