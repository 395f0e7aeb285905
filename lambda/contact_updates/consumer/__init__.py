"""The queue's consumer: applies batches of messages in Amazon Connect."""
