"""Links with which a staff member chooses a password, once and within a day."""

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from hanportal.accounts.models import User
from hanportal.accounts.provider import portal_address


def password_link(user: User) -> str:
    """The address; it stops working when a password is chosen or taken away."""
    key = urlsafe_base64_encode(force_bytes(str(user.pk)))
    token = default_token_generator.make_token(user)
    return portal_address(reverse("staff_choose_password", args=[key, token]))
