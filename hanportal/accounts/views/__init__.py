"""The pages of logging in and out, and of who works here."""
