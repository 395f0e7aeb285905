"""The rows of the table that apply only to some clients."""

from __future__ import annotations

from tests.clients.client_names import AWS_CLIS, JAVASCRIPT
from tests.clients.table import Row
from tests.clients.target import TargetName

SHORTHAND = "`--attributes greetingPlayed=false`"
SKELETON = "`--generate-cli-skeleton`, filled in, as `--cli-input-json`"
TRAILING_SLASH = "an endpoint that ends with a slash"

SPECIAL_ROWS = (
    Row(SHORTHAND, dict.fromkeys(TargetName, "200"), clients=frozenset(AWS_CLIS)),
    Row(SKELETON, dict.fromkeys(TargetName, "200"), clients=frozenset(AWS_CLIS)),
    Row(
        TRAILING_SLASH,
        dict.fromkeys(TargetName, "200"),
        note=(
            "JavaScript then sends `//contact/attributes` after the stage. The emulator accepts that. Whether API "
            "Gateway does is untested. If not, it answers as for an unknown path, with "
            "MissingAuthenticationTokenException."
        ),
        clients=frozenset({JAVASCRIPT}),
    ),
)
