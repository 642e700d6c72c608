"""The machine interface: the operator's customer system tells what changed."""
