"""The contract as JSON Schema: everything that the service model states.

The in-memory Amazon Connect validates with `full_schema`. `component_schemas` has the same for an OpenAPI document.
"""

from __future__ import annotations

from typing import Any

from connect_constructs.contract.service_model import service_model

Schema = dict[str, Any]

# `integer` in an AWS service model is a 32-bit integer (Smithy 2.0, "Simple types").
_INTEGER_RANGE = {"minimum": -(2**31), "maximum": 2**31 - 1}

# Service model constraint → JSON Schema keyword, for each kind of shape.
_KEYWORDS = {
    "string": {"min": "minLength", "max": "maxLength", "pattern": "pattern", "enum": "enum"},
    "list": {"min": "minItems", "max": "maxItems"},
    "map": {"min": "minProperties", "max": "maxProperties"},
}


def full_schema(operation: str) -> Schema:
    """The JSON Schema (2020-12) of the whole input of `operation`, including path labels.

    It has two keywords of our own: `maxUtf8Bytes` on an object limits the total size of its keys and values in UTF-8
    bytes; if the values are objects, `utf8BytesOf` names the member whose size counts.
    """
    definitions: Schema = {}
    name = service_model()["operations"][operation]["input"]["shape"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_reference(name, definitions, "#/$defs/"),
        "$defs": definitions,
    }


def component_schemas() -> Schema:
    """The JSON Schemas (2020-12) of all inputs by shape, for `components.schemas` of an OpenAPI 3.1 document.

    An operation's own shape is the body only, because path labels are parameters in OpenAPI.
    """
    definitions: Schema = {}
    for operation in service_model()["operations"].values():
        shape = operation["input"]["shape"]
        _reference(shape, definitions, "#/components/schemas/")
        for member, target in service_model()["shapes"][shape]["members"].items():
            if "location" in target:
                del definitions[shape]["properties"][member]
                definitions[shape]["required"].remove(member)
    return definitions


def _reference(name: str, definitions: Schema, prefix: str) -> Schema:
    if name not in definitions:
        definitions[name] = {}  # a placeholder while a recursive shape is rendered
        definitions[name] = _definition(service_model()["shapes"][name], definitions, prefix)
    return {"$ref": f"{prefix}{name}"}


def _definition(shape: dict[str, Any], definitions: Schema, prefix: str) -> Schema:
    kind = shape["type"]
    schema: Schema = {
        keyword: shape[constraint] for constraint, keyword in _KEYWORDS.get(kind, {}).items() if constraint in shape
    }
    match kind:
        case "string":
            schema["type"] = "string"
        case "integer":
            schema.update(type="integer", **_INTEGER_RANGE)
        case "list":
            schema.update(type="array", items=_reference(shape["member"]["shape"], definitions, prefix))
        case "map":
            schema.update(
                type="object",
                propertyNames=_reference(shape["key"]["shape"], definitions, prefix),
                additionalProperties=_reference(shape["value"]["shape"], definitions, prefix),
            )
            schema.update({key: shape[key] for key in ("maxUtf8Bytes", "utf8BytesOf") if key in shape})
        case "structure":
            schema.update(
                type="object",
                properties={
                    member: _reference(target["shape"], definitions, prefix)
                    for member, target in shape["members"].items()
                },
                required=list(shape.get("required", [])),
                additionalProperties=False,
            )
            if shape.get("minBodyMembers"):
                body = [member for member, target in shape["members"].items() if "location" not in target]
                schema["anyOf"] = [{"required": [member]} for member in body]
        case _:
            raise NotImplementedError(f"the contract has a shape of type {kind!r}, which cannot be rendered yet")
    return schema
