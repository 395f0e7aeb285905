"""`connect-constructs verify`: calls that change nothing, to see that a deployed endpoint works in its own account."""
