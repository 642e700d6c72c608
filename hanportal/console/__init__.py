"""The customer centre: agents find a caller, verify who it is, and order for them."""
