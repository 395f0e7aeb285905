"""Where the handler's code is, and which of its files belong to the function's asset."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

# An allow-list in .gitignore syntax. Otherwise, byte code and files of editors and file managers would make the
# asset's hash differ from machine to machine.
ASSET_EXCLUDE = ["*", "!*/", "!*.py", "!*.json"]


def handler_directory() -> Path:
    """The folder that becomes the asset: `_lambda` in an installed package, `lambda` in a checkout."""
    for directory in (_PACKAGE / "_lambda", _PACKAGE.parent / "lambda"):
        if (directory / "contact_updates").is_dir():
            return directory
    raise FileNotFoundError(
        f"the handler's code is missing: expected {_PACKAGE / '_lambda'} (installed package) "
        f"or {_PACKAGE.parent / 'lambda'} (checkout)"
    )
