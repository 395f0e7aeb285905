"""What an instance's ARN looks like. This module does not import CDK, because commands use it, too."""

from __future__ import annotations

import re

INSTANCE_ARN = re.compile(
    r"arn:aws[a-z-]*:connect:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):instance/(?P<id>[A-Za-z0-9-]{1,36})"
)
INSTANCE_ID = re.compile(r"[A-Za-z0-9-]{1,36}")

EXAMPLE_INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
EXAMPLE_INSTANCE_ARN = f"arn:aws:connect:us-east-1:111122223333:instance/{EXAMPLE_INSTANCE_ID}"
