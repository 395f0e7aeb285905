"""Inputs generated from the contract: valid ones, and ones with faults anywhere."""

from __future__ import annotations

import random
from typing import Any

from connect_constructs.contract.service_model import service_model

# Text that matches a shape's pattern. A pattern without an entry here fails the generator, not the handler.
_MATCHING = {
    "^[A-Za-z0-9_-]+$": "aZ09_-",
    "^[-:/A-Za-z0-9]+": "arn:aws/x-9",
    r"[^\s@]+@[^\s@]+\.[^\s@]+": "a@example.com",
}
_FILLERS = ("x", "x", "word ", "é", "😀", "\n", "\0", "\\", '"', "%2F")
_UNBOUNDED = 2_000

# Shapes without private values.
_IDENTIFIERS = frozenset({"ContactId", "InstanceId"})


def generate_input(
    rng: random.Random, operation: str, *, faults: float, secret: str = "", labels: dict[str, str] | None = None
) -> dict[str, Any]:
    """An input of `operation`.

    :param faults: The probability of a fault in each place. With 0 almost all inputs are valid; byte limits may break.
    :param secret: What every value that is private begins with: all texts but the identifiers.
    :param labels: Values of the identifiers, which otherwise are generated too.
    """
    return _Inputs(rng, faults, secret).of(operation, labels or {})


class _Inputs:
    def __init__(self, rng: random.Random, faults: float, secret: str) -> None:
        self._rng = rng
        self._faults = faults
        self._secret = secret
        self._shapes: dict[str, Any] = service_model()["shapes"]

    def of(self, operation: str, labels: dict[str, str]) -> dict[str, Any]:
        shape = self._shapes[service_model()["operations"][operation]["input"]["shape"]]
        generated = self._structure(shape, 1)
        optional = [name for name in shape["members"] if name not in shape["required"]]
        if optional and not self._is_faulty():
            name = self._rng.choice(optional)
            generated[name] = self._value(shape["members"][name]["shape"], 2)
        if "SegmentAttributes" in generated and self._rng.random() < 0.1:
            generated["SegmentAttributes"] = self._nested(self._rng.randrange(10, 18))
        if isinstance(generated.get("Attributes"), dict) and self._rng.random() < 0.1:
            self._fill(generated["Attributes"], self._shapes["Attributes"]["maxUtf8Bytes"])
        for name, value in labels.items():
            if not self._is_faulty():
                generated[name] = value
        return generated

    def _is_faulty(self) -> bool:
        return self._rng.random() < self._faults

    def _value(self, shape_name: str, depth: int) -> Any:
        shape = self._shapes[shape_name]
        secret = "" if shape_name in _IDENTIFIERS else self._secret
        if self._is_faulty():
            return self._wrong(secret)
        match shape["type"]:
            case "structure":
                return self._structure(shape, depth)
            case "map":
                keys = (self._text(self._shapes[shape["key"]["shape"]], secret="") for _ in range(self._size(depth)))
                return {key: self._value(shape["value"]["shape"], depth + 1) for key in keys}
            case "list":
                return [self._value(shape["member"]["shape"], depth + 1) for _ in range(self._size(depth))]
            case "integer":
                return self._integer()
            case "string":
                return self._text(shape, secret=secret)
            case other:
                raise NotImplementedError(f"the contract has a shape of type {other!r}")

    def _structure(self, shape: dict[str, Any], depth: int) -> dict[str, Any]:
        generated = {}
        for name, member in shape["members"].items():
            if name in shape.get("required", ()):
                present = not self._is_faulty()
            else:
                present = self._rng.random() < (0.4 if depth < 6 else 0.1)
            if present:
                generated[name] = self._value(member["shape"], depth + 1)
        if self._is_faulty():
            generated[self._rng.choice(["Unknown", "un known", "", "\ud800", "k" * 101])] = self._wrong(self._secret)
        return generated

    def _size(self, depth: int) -> int:
        return self._rng.choice([0, 1, 1, 2, 3]) if depth < 6 else self._rng.choice([0, 0, 1])

    def _integer(self) -> int:
        if self._is_faulty():
            return self._rng.choice([2**31, -(2**31) - 1, 10**30])
        return self._rng.choice([0, -1, 2**31 - 1, -(2**31), self._rng.randrange(10_000)])

    def _text(self, shape: dict[str, Any], *, secret: str) -> str:
        if "enum" in shape:
            text: str = self._rng.choice(shape["enum"])
            return text.lower() if self._is_faulty() else text
        low, high = shape.get("min", 0), shape.get("max", _UNBOUNDED)
        length = self._rng.choice(
            [low, low + 1, 40, 40, 40, 40, high if high < 5_000 or self._rng.random() < 0.1 else 90]
        )
        length = max(low, min(high, length))
        if self._is_faulty():
            length = self._rng.choice([low - 1, high + 1])
        if "pattern" in shape:
            text = _MATCHING[shape["pattern"]]
            text = (text + "x" * length)[: max(length, 13 if "@" in text else 1)]
        else:
            filler = self._rng.choice(_FILLERS)
            text = (secret + filler * length)[: max(length, 0)]
        if self._is_faulty():
            text = self._rng.choice([text + "\n", text + " ", "é" + text, text + "\ud800", "\udc00" + text, ""])
        return text

    def _wrong(self, secret: str) -> Any:
        return self._rng.choice(
            [
                None,
                True,
                5,
                1.0,
                -0.5,
                1e300,
                2**31,
                10**30,
                secret,
                "",
                secret + "\ud800",
                secret + "x" * 40_000,
                [],
                [secret],
                [[secret, 1], None],
                {},
                {"k": secret},
                {"k k": {"ValueString": secret}},
            ]
        )

    def _nested(self, levels: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for _ in range(levels):
            value = {"ValueList": [value]} if self._rng.random() < 0.5 else {"ValueMap": {"k": value}}
        return {"s": value}

    def _fill(self, attributes: dict[str, Any], limit: int) -> None:
        """Make the bytes of all keys and values together `limit`, one less or one more."""
        filler = self._rng.choice(["x", "é", "😀"])
        wanted = limit + self._rng.choice([-1, 0, 1])
        attributes.clear()
        attributes.update(a="", b="")
        count, rest = divmod((wanted - 2) // 2, len(filler.encode()))
        attributes["a"] = filler * count + "x" * rest
        count, rest = divmod(wanted - 2 - len(attributes["a"].encode()), len(filler.encode()))
        attributes["b"] = filler * count + "x" * rest
