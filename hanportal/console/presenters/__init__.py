"""What the agent's pages show, read in a fixed number of queries and then frozen."""
