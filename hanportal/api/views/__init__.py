"""What machines ask for: a token, batches, reads."""
