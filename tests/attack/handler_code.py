"""The handler's real code, loaded anew for each execution environment, with a virtual clock and optional mutations."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

_LAMBDA = Path(__file__).resolve().parents[2] / "lambda"
_PACKAGE = "contact_updates"

# The variables of AWS Lambda that botocore reads.
LAMBDA_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "example",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class NotMutatedError(Exception):
    """The code that a mutant changes is gone: the mutant has to follow the handler."""


class HandlerCode:
    """The package contact_updates, compiled from its files."""

    def __init__(self, mutations: Mapping[str, Sequence[tuple[str, str]]] | None = None) -> None:
        """Compile it.

        :param mutations: By module, such as `consumer.step`: texts and their replacements.
        """
        mutations = mutations or {}
        self._code: dict[str, types.CodeType] = {}
        for path in sorted((_LAMBDA / _PACKAGE).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            name = ".".join(path.relative_to(_LAMBDA).with_suffix("").parts).removesuffix(".__init__")
            for old, new in mutations.get(name.removeprefix(f"{_PACKAGE}."), ()):
                if source.count(old) != 1:
                    raise NotMutatedError(f"{path.name}: expected once, found {source.count(old)} times: {old!r}")
                source = source.replace(old, new)
            self._code[name] = compile(source, str(path), "exec", dont_inherit=True)

    def load(self, entry_point: str, environment: Mapping[str, str], time_module: types.ModuleType) -> Any:
        """The handler of `entry_point`, such as `queue_function`, in a new execution environment.

        :param environment: The function's own variables.
        """
        with self._in_place(environment, time_module):
            return importlib.import_module(f"{_PACKAGE}.{entry_point}").handler

    @contextlib.contextmanager
    def _in_place(self, environment: Mapping[str, str], time_module: types.ModuleType) -> Iterator[None]:
        others = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == _PACKAGE}
        # The entry points freeze all objects, which would keep all environments of this process alive.
        collector = types.ModuleType("gc")
        collector.__dict__.update(disable=lambda: None, enable=lambda: None, freeze=lambda: None)
        for name in others:
            del sys.modules[name]
        sys.meta_path.insert(0, self)
        try:
            with (
                mock.patch.dict(os.environ, {**LAMBDA_ENVIRONMENT, **environment}, clear=True),
                mock.patch.dict(sys.modules, {"time": time_module, "gc": collector}),
            ):
                yield
        finally:
            sys.meta_path.remove(self)
            for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]:
                del sys.modules[name]
            sys.modules.update(others)

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        """Python's protocol of module finders."""
        code = self._code.get(name)
        if code is None:
            return None
        loader = _Compiled(name, code.co_filename)
        loader.get_code = functools.partial(_same, code)  # type: ignore[method-assign]
        path = Path(code.co_filename)
        folders = [str(path.parent)] if path.stem == "__init__" else None
        return importlib.util.spec_from_file_location(
            name, code.co_filename, loader=loader, submodule_search_locations=folders
        )


class _Compiled(importlib.machinery.SourceFileLoader):
    """Loads a module from compiled code."""


def _same(code: types.CodeType, _: str) -> types.CodeType:
    return code
