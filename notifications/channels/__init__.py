"""One module per way out of the house. No ORM here, no sleeping, no retrying."""
