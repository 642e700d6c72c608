"""The pages of the customer centre, one module per subject."""
