"""The app of the customer centre: no tables, only the keys that it searches by."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """An app so that its migration can add the search keys' indexes."""

    name = "hanportal.console"
    label = "console"
    verbose_name = "kundesenter"
