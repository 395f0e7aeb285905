"""The consumer of the queue: batches of messages → updates in Amazon Connect."""
