"""Head-end systems in a box: meters, their ports, and everything that goes wrong.

Runs as a process of its own (`python -m hanportal.demo.headend`) and imports nothing
of the product: a codec shared with the adapter would hide one bug twice. It was
written from docs/head-end-wire.md.
"""
