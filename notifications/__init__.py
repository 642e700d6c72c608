"""What is said to customers: messages on Min side, and their deliveries by e-mail."""
