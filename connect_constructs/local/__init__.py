"""A local AWS to try out and test a stack: an emulator, an in-memory Amazon Connect, and the app deployed to both."""

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
