"""An eID provider for the demo and the tests: real OpenID Connect, pretended people.

Shares no code with the product, so that a misreading of the standard is not made
twice and hidden.
"""
