"""How Django finds a logged-in person again at each request."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from hanportal.accounts.models import User


class EidBackend(ModelBackend):
    """Nobody enters with a credential: the eID login is the only door."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> None:
        """Refuse every credential, also a password that would be right."""

    def get_user(self, user_id: Any) -> User | None:
        """The user with the customer they act for; None once deactivated."""
        return (
            User.objects.select_related("customer")
            .filter(pk=user_id, is_active=True)
            .first()
        )
