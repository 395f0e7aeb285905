"""The AWS SDK as the handler uses it."""
