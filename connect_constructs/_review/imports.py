"""Exports that other stacks of the app import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connect_constructs._review.expressions import dictionaries


def exports_in_use(templates: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names that any of the templates imports, as far as they are text."""
    return {
        item["Fn::ImportValue"]
        for template in templates
        for item in dictionaries(template)
        if isinstance(item.get("Fn::ImportValue"), str)
    }
