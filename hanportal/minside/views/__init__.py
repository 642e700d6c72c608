"""The pages of Min side, one module per subject."""
