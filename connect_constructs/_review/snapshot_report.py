"""The report about a template snapshot that has changed."""

from __future__ import annotations

import json

from connect_constructs._review.accepted import Accepted
from connect_constructs._review.errors import InputError
from connect_constructs._review.failing import DEFAULT, parse_failing
from connect_constructs._review.reading import StackInput, looks_like_template
from connect_constructs._review.report import make_report
from connect_constructs._review.review import review
from connect_constructs._review.text import as_text


def snapshot_report(old: str, new: str) -> str:
    """The report for a terminal; empty where one of the texts is no template."""
    try:
        before, after = json.loads(old), json.loads(new)
        if not (looks_like_template(before) and looks_like_template(after)):
            return ""
        found = review([StackInput("template", before)], [StackInput("template", after)])
    except (ValueError, InputError, RecursionError):
        return ""
    return as_text(make_report(found, parse_failing(DEFAULT), Accepted({})))
