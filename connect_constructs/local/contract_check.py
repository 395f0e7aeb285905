"""Checks input against the contract on Amazon Connect's side, with jsonschema.

It deliberately does not use the handler's code, so that the two check each other.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from connect_constructs.contract.schema import full_schema

# The body itself is level 1. Amazon Connect documents no limit; this is the endpoint's.
MAX_NESTING = 32


class UnreadableBodyError(ValueError):
    """The body is not a JSON object, or is nested too deeply. The message does not quote it."""


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. An empty body counts as `{}`, because some SDKs send it for an empty object.

    Raises UnreadableBodyError.
    """
    if not body.strip():
        return {}
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise UnreadableBodyError(f"the body is nested deeper than {MAX_NESTING} levels") from None
    except ValueError:
        raise UnreadableBodyError("the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise UnreadableBodyError("the body is not a JSON object")
    return parsed


def violations(operation: str, parameters: dict[str, Any]) -> list[str]:
    """The rules that the whole input breaks, path parameters included: place and rule, never a value or a key."""
    if _is_nested_deeper_than(MAX_NESTING, parameters):
        # jsonschema recurses, so such input must not reach it.
        return [f"the input: expected at most {MAX_NESTING} levels of nesting"]
    found = {
        f"{_place(error)}: {RULES[error.validator](error)}" for error in _validator(operation).iter_errors(parameters)
    }
    if not all(map(_is_unicode, _texts(parameters))):
        found.add("the input: expected no half of a surrogate pair")
    return sorted(found)


def utf8_bytes(items: dict[str, Any], member: str | None) -> int:
    """The UTF-8 bytes of all keys and values together. If a value is an object, only its `member` counts."""
    values = (item.get(member) if isinstance(item, dict) and member else item for item in items.values())
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in (*items, *values) if isinstance(text, str))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _place(error: ValidationError) -> str:
    """Where the error is, by the contract's member names. Keys of maps are the caller's, so they are shown as `*`."""
    place = ""
    of_key = False
    path = iter(list(error.absolute_schema_path)[:-1])
    for step in path:
        match step:
            case "properties":
                place += f".{next(path)}"
            case "additionalProperties" | "items":
                place += ".*"
            case "propertyNames":
                of_key = True
    named = place.removeprefix(".") or "the input"
    return f"a key of {named}" if of_key else named


def _missing(error: Any) -> str:
    return ", ".join(name for name in error.validator_value if name not in error.instance)


def _alternatives(error: Any) -> str:
    return ", ".join(name for option in error.validator_value for name in option["required"])


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


_TYPES = {"object": "an object", "array": "a list", "string": "a string", "integer": "a 32-bit integer"}

# JSON Schema keyword → the rule in words.
RULES: dict[Any, Callable[[Any], str]] = {
    "anyOf": lambda error: f"expected at least one of {_alternatives(error)}",
    "required": lambda error: f"expected {_missing(error)}",
    "additionalProperties": lambda error: f"expected no other members than {', '.join(error.schema['properties'])}",
    "type": lambda error: f"expected {_TYPES[error.validator_value]}",
    "enum": lambda error: f"expected one of {', '.join(error.validator_value)}",
    "pattern": lambda error: f"expected a match of {error.validator_value}",
    "minLength": lambda error: f"expected at least {_characters(error.validator_value)}",
    "maxLength": lambda error: f"expected at most {_characters(error.validator_value)}",
    "minItems": lambda error: f"expected at least {error.validator_value} items",
    "maxItems": lambda error: f"expected at most {error.validator_value} items",
    "minimum": lambda error: f"expected at least {error.validator_value}",
    "maximum": lambda error: f"expected at most {error.validator_value}",
    "maxUtf8Bytes": lambda error: (
        f"expected at most {error.validator_value} UTF-8 bytes in all keys and values together"
    ),
}


@functools.cache
def _validator(operation: str) -> Draft202012Validator:
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    keywords = {"maxUtf8Bytes": _max_utf8_bytes, "pattern": _pattern}
    validator: Draft202012Validator = extend(Draft202012Validator, keywords, type_checker=types)(full_schema(operation))
    return validator


def _max_utf8_bytes(validator: Any, limit: int, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object") and utf8_bytes(instance, schema.get("utf8BytesOf")) > limit:
        yield ValidationError(f"more than {limit} UTF-8 bytes")


def _pattern(validator: Any, pattern: str, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    # A text that is too long is refused anyway, and the pattern of email addresses takes time in the square of its
    # length.
    if not validator.is_type(instance, "string") or len(instance) > schema.get("maxLength", math.inf):
        return
    # In JSON Schema, `$` matches only at the very end; Python's `$` also matches before a final line break.
    if not re.search(re.sub(r"(?<!\\)\$\Z", r"\\Z", pattern), instance):
        yield ValidationError("does not match the pattern")


def _is_nested_deeper_than(levels: int, value: Any) -> bool:
    pending = [(value, 1)]
    while pending:
        item, level = pending.pop()
        if isinstance(item, (dict, list)):
            if level > levels:
                return True
            pending.extend((inner, level + 1) for inner in (item.values() if isinstance(item, dict) else item))
    return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
