"""References that people read aloud: no letters or digits that look alike."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A new reference such as HAN-7F3K-2M9Q: eight of thirty signs, drawn at random."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"HAN-{signs[:4]}-{signs[4:]}"
