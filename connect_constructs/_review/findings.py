"""What the review has found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from connect_constructs._review.expressions import Value, key_of


class Class(Enum):
    """The classes, in the report's order."""

    DATA = 1
    EXPOSURE = 2
    PERMISSIONS = 3
    IDENTITY = 4
    PROTECTION = 5
    DEPLOYMENT = 6
    UNKNOWN = 7
    NARROWED = 8
    OTHER = 9

    @property
    def slug(self) -> str:
        """Its name on the command line and in JSON."""
        return self.name.lower()

    @property
    def title(self) -> str:
        """Its heading."""
        return _TITLES[self]


_TITLES = {
    Class.DATA: "Data lost or stranded",
    Class.EXPOSURE: "Exposure",
    Class.PERMISSIONS: "Permissions widened",
    Class.IDENTITY: "Identity replaced",
    Class.PROTECTION: "Protection weakened",
    Class.DEPLOYMENT: "Will fail to deploy",
    Class.UNKNOWN: "Unknown",
    Class.NARROWED: "Permissions narrowed",
    Class.OTHER: "Other changes",
}


class Aspect(Enum):
    """What an unknown is about."""

    # Whether a resource is replaced.
    CREATE_ONLY = "create-only"
    PERMISSION = "permission"
    EXPOSURE = "exposure"
    PROTECTION = "protection"


@dataclass(frozen=True)
class Finding:
    """One entry of the report."""

    rule: str
    class_: Class
    stack: str
    # The logical id in the new template, or the old one's where it is removed.
    resource: str
    type: str
    # Where CDK defined it; empty where the template does not say.
    path: str
    # The property's path; empty where the whole resource is meant.
    place: str
    # In canonical form.
    old: Value
    new: Value
    what: str
    why: str = ""
    todo: str = ""
    # Of an unknown.
    aspect: Aspect | None = None
    # Under which conditions of the template; empty for always.
    branch: str = ""
    # Logical ids of resources and outputs that the finding concerns, too.
    related: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same in each run for the same rule, stack, resource, old and new value."""
        text = key_of([self.rule, self.stack, self.resource, self.place, self.old, self.new])
        return f"{self.rule}-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"
