"""A seeded neighbourhood: the register of a grid operator that does not exist."""
