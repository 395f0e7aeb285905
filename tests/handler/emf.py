"""The two parts of a log line: fields for people, and metrics for CloudWatch in the embedded metric format."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft7Validator

from contact_updates.log_line import METRICS

_SIZES = [prefix + unit for prefix in ("", "Kilo", "Mega", "Giga", "Tera") for unit in ("Bytes", "Bits")]
_RATES = [f"{amount}/Second" for amount in ("Count", *_SIZES)]
_UNITS = ["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "None", *_SIZES, *_RATES]

# What the schema in the Amazon CloudWatch User Guide, "Specification: Embedded metric format", demands; the most
# metrics are from the text beside it.
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "additionalProperties": False,
                        "properties": {
                            "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
                                        "Unit": {"enum": _UNITS},
                                        "StorageResolution": {"enum": [1, 60]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
_VALIDATOR = Draft7Validator(_SCHEMA)

_MAX_BYTES = 1_000_000
_MAX_VALUES = 100
_MAX_DIMENSION_LENGTH = 1_024

Series = tuple[str, tuple[tuple[str, str], ...]]


def fields(line: str) -> dict[str, Any]:
    """The line without its metrics."""
    members: dict[str, Any] = json.loads(line)
    return {name: value for name, value in members.items() if name not in {"_aws", "function", *METRICS}}


def metrics(line: str) -> dict[str, Any]:
    """The values of the line's metrics, by name."""
    members: dict[str, Any] = json.loads(line)
    return {name: value for name, value in members.items() if name in METRICS}


def extracted(line: str) -> dict[Series, list[float]]:
    """What CloudWatch makes of the line: the values by metric and dimensions. Fails if the line is not valid."""
    members: dict[str, Any] = json.loads(line)
    _VALIDATOR.validate(members)
    assert len(line.encode()) <= _MAX_BYTES
    found: dict[Series, list[float]] = {}
    for directive in members["_aws"]["CloudWatchMetrics"]:
        for definition in directive["Metrics"]:
            value = members[definition["Name"]]
            values = value if isinstance(value, list) else [value]
            assert 1 <= len(values) <= _MAX_VALUES
            assert all(type(one) in (int, float) for one in values)
            for names in directive["Dimensions"]:
                dimensions = tuple((name, members[name]) for name in names)
                assert all(isinstance(of, str) and 1 <= len(of) <= _MAX_DIMENSION_LENGTH for _, of in dimensions)
                assert (definition["Name"], dimensions) not in found
                found[definition["Name"], dimensions] = values
    return found
