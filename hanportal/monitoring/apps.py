"""Listens to the workers: which sweep has succeeded, and what a task is called."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Connects the listeners once everything is loaded."""

    name = "hanportal.monitoring"

    def ready(self) -> None:
        """Listen to Celery's and django-structlog's signals."""
        from hanportal.monitoring import listeners  # noqa: PLC0415 -- it has a model

        listeners.connect()
