"""Which findings make the command fail."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connect_constructs._review.findings import Aspect, Class, Finding

DEFAULT = "1-6,unknown-security"
# Of unknowns only those: whether a resource is replaced, and who may do or reach what.
_SECURITY = {Aspect.CREATE_ONLY, Aspect.PERMISSION, Aspect.EXPOSURE}
_RANGE = re.compile(r"([1-9])(?:-([1-9]))?")


@dataclass(frozen=True)
class Failing:
    """The classes, and the aspects of unknown findings, that fail."""

    classes: frozenset[Class]
    aspects: frozenset[Aspect]

    def concerns(self, finding: Finding) -> bool:
        """Whether the finding is one of them."""
        return finding.class_ in self.classes or finding.aspect in self.aspects


def parse_failing(text: str) -> Failing:
    """The classes of `text`: numbers, ranges and names with commas, `unknown-security`, or `none`.

    :raises ValueError: for anything else.
    """
    classes: set[Class] = set()
    aspects: set[Aspect] = set()
    for part in text.lower().split(","):
        word = part.strip()
        match = _RANGE.fullmatch(word)
        if match:
            first, last = int(match[1]), int(match[2] or match[1])
            classes |= {class_ for class_ in Class if first <= class_.value <= last}
        elif word == "unknown-security":
            aspects |= _SECURITY
        elif word in {class_.slug for class_ in Class}:
            classes.add(Class[word.upper()])
        elif word != "none":
            names = ", ".join(class_.slug for class_ in Class)
            raise ValueError(f"expected numbers from 1 to 9, {names}, unknown-security or none, got {word!r}")
    return Failing(frozenset(classes), frozenset(aspects))
