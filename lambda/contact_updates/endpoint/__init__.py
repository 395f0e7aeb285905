"""The endpoint: turns API Gateway's proxy events into updates."""
