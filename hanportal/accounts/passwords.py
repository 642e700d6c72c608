"""Django's rules for passwords, in words that the people here read.

Django's own Norwegian lacks one of them and names fields by their English names.
"""

from typing import Any

from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """So many characters or more."""

    def get_error_message(self) -> str:
        """Say how many it takes."""
        return _("Passordet er for kort. Det må ha minst %(number)d tegn.") % {
            "number": self.min_length
        }


class UnlikeThePerson(UserAttributeSimilarityValidator):
    """Nothing that everybody knows about the person."""

    def validate(self, password: str, user: Any = None) -> None:
        """:raises ValidationError: it looks like their name, number or address."""
        try:
            super().validate(password, user)
        except ValidationError as alike:
            raise ValidationError(
                _("Passordet ligner for mye på navnet, e-postadressen eller nummeret."),
                code=alike.code,
            ) from None
