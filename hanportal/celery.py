"""The Celery application. Tasks are doorbells: PostgreSQL is the queue of record."""

from celery import Celery

app = Celery("hanportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
