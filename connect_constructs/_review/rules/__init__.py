"""The rules: what a change of a resource means, in a table."""

from __future__ import annotations

from connect_constructs._review.changes import Rule
from connect_constructs._review.rules.access import ACCESS_RULES
from connect_constructs._review.rules.boundary import BOUNDARY_RULES
from connect_constructs._review.rules.exposure import EXPOSURE_RULES
from connect_constructs._review.rules.identities import IDENTITY_RULES
from connect_constructs._review.rules.lifecycle import LIFECYCLE_RULES
from connect_constructs._review.rules.protection import PROTECTION_RULES

RULES: tuple[Rule, ...] = (
    *LIFECYCLE_RULES,
    *EXPOSURE_RULES,
    *ACCESS_RULES,
    *BOUNDARY_RULES,
    *IDENTITY_RULES,
    *PROTECTION_RULES,
)
