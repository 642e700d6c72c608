"""Hears from Celery what became of tasks, so that no task has to report itself."""

from typing import Any

import structlog
from celery.signals import task_success
from django.conf import settings
from django_structlog.celery.signals import bind_extra_task_metadata

from hanportal.monitoring.models import SweepRun


def connect() -> None:
    """Listen from now on; a second call changes nothing."""
    task_success.connect(note_success)
    bind_extra_task_metadata.connect(name_the_task)


def note_success(sender: Any = None, **_signal: Any) -> None:
    """Remember that a periodic task came to its end."""
    if sender.name in scheduled():
        SweepRun.objects.succeeded(sender.name)


def name_the_task(task: Any, **_signal: Any) -> None:
    """Every line of a task says which one it is."""
    structlog.contextvars.bind_contextvars(task=task.name)


def scheduled() -> set[str]:
    """Names of the tasks that beat rings for."""
    return {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
