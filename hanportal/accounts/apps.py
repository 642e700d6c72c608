"""The accounts app."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    """Who people are."""

    name = "hanportal.accounts"
    default = True

    def ready(self) -> None:
        """Register the checks."""
        from hanportal.accounts import checks  # noqa: F401, PLC0415 -- after the models


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin, behind the same door as every page for staff."""

    default = False
    default_site = "hanportal.accounts.admin_site.PortalAdmin"
