"""`connect-constructs doctor`: whether an account is ready for a deployment, asked with read-only calls."""
