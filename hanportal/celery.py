"""The Celery application. Tasks are doorbells: PostgreSQL is the queue of record."""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

# The one default of web, workers, beat and manage.py alike, which all come by here.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanportal.settings.production")

app = Celery("hanportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_portal_does(**_signal: object) -> None:
    """Keep Celery from setting up logs of its own."""
    dictConfig(settings.LOGGING)
