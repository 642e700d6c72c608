"""References that people read aloud: no letters or digits that look alike."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A new reference of orders, such as HAN-7F3K-2M9Q."""
    return f"HAN-{_signs()}"


def new_receipt_number() -> str:
    """A new receipt number of a consent, such as SAM-7F3K-2M9Q."""
    return f"SAM-{_signs()}"


def _signs() -> str:
    """Eight of thirty signs, drawn at random."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"
