"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who people are."""

    name = "hanportal.accounts"

    def ready(self) -> None:
        """Register the checks."""
        from hanportal.accounts import checks  # noqa: F401, PLC0415 -- after the models
