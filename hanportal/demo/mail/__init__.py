"""The demo's mail server: takes every mail, delivers none, shows them all.

Runs as a process of its own (`python -m hanportal.demo.mail`) and imports nothing of
the product.
"""
