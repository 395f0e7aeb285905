"""The clients' names, which are the table's column headings."""

from __future__ import annotations

BOTO3 = "boto3"
AWS_CLI_1 = "AWS CLI 1"
AWS_CLI_2 = "AWS CLI 2"
JAVASCRIPT = "JavaScript"
HTTP = "HTTP"
IMITATED_PAWS = "paws (imitated)"

AWS_CLIS = (AWS_CLI_1, AWS_CLI_2)
ALL = (BOTO3, AWS_CLI_1, AWS_CLI_2, JAVASCRIPT, HTTP, IMITATED_PAWS)
