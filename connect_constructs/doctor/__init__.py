"""`connect-constructs doctor`: checks with read-only calls whether an account is ready for the deployment."""
