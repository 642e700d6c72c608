"""Min side: what a customer meets. Views translate and make one call."""
