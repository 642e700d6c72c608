"""Logs: one line per fact on standard error, with request and order ids.

JSON unless the demo asks for something to read. What a line may hold is decided in
hanportal/monitoring/redaction.py, for our own lines and for those of libraries alike.
"""

import logging
from typing import Any

import structlog
from structlog.typing import Processor

from hanportal.monitoring.redaction import redact, tell_exception

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    tell_exception,
    redact,
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def is_news(record: logging.LogRecord) -> bool:
    """False for beat's line about each bell: the task says itself that it was run."""
    return not str(record.msg).startswith("Scheduler: Sending due task")


_TOLD_BY_STRUCTLOG = {"level": "CRITICAL", "propagate": False, "handlers": ["none"]}
_OURS = {"level": "INFO"}
_LOGGERS: dict[str, Any] = {
    "hanportal": _OURS,
    "meters": _OURS,
    "notifications": _OURS,
    "orders": _OURS,
    "django_structlog": _OURS,
    "celery": _OURS,
    # The same facts as request_finished, request_failed and task_failed.
    "django.request": _TOLD_BY_STRUCTLOG,
    "django.server": _TOLD_BY_STRUCTLOG,
    "celery.app.trace": _TOLD_BY_STRUCTLOG,
    "celery.worker.strategy": {"level": "WARNING"},
    # Django's own defaults would print these a second time.
    "django": {"handlers": [], "propagate": True},
}


def logging_through(renderer: Processor) -> dict[str, Any]:
    """Django's LOGGING with every line rendered by this processor of structlog."""
    news = {"()": "django.utils.log.CallbackFilter", "callback": is_news}
    structured = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            renderer,
        ],
    }
    lines = {
        "class": "logging.StreamHandler",
        "formatter": "structured",
        "filters": ["news"],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"news": news},
        "formatters": {"structured": structured},
        "handlers": {"none": {"class": "logging.NullHandler"}, "lines": lines},
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": _LOGGERS,
    }


LOGGING = logging_through(structlog.processors.JSONRenderer(ensure_ascii=False))
READABLE_LOGGING = logging_through(structlog.dev.ConsoleRenderer(colors=False))

# A request and a task are told once, when they have ended.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_FAILURE_LOG_LEVEL = logging.ERROR
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
