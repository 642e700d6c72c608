"""Codes with which a staff member chooses a password, once and within a day.

They are typed, never part of an address: addresses end up in logs.
"""

from django.contrib.auth.tokens import default_token_generator

from hanportal.accounts.models import User


def password_code(user: User) -> str:
    """A code that works until a password is chosen or taken away."""
    return default_token_generator.make_token(user)


def whose_code(email: str, code: str) -> User | None:
    """The staff member that this code was made for, if it still works."""
    user = User.objects.staff_by_email(email)
    works = default_token_generator.check_token(user, code.strip())
    return user if works else None
