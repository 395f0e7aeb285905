"""The endpoint: API Gateway proxy events → updates in Amazon Connect or in the queue."""
