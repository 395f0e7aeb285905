"""`connect-constructs verify`: calls a deployed endpoint, without changing anything, to see that it works."""
