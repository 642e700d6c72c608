"""One line per fact, with the ids that lead from a click to the worker."""

import threading

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from celery.signals import setup_logging, task_failure
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django.fixtures import Settings
from uuid6 import uuid7

from hanportal.celery import app, log_as_the_portal_does
from hanportal.settings import logging as logs
from orders.tasks import dispatch_commands
from tests.monitoring.lines import production_logs

PATIENCE = 20


def failing_page(request: HttpRequest) -> HttpResponse:
    """A page with a fault."""
    raise RuntimeError(f"A fault at {request.GET['pid']}.")


urlpatterns = [path("feil/", failing_page), path("", include("hanportal.urls"))]


@pytest.mark.django_db
def test_a_request_is_told_once_without_its_query_and_its_browser() -> None:
    with production_logs() as lines:
        Client().get("/?name=Kari", headers={"user-agent": "Lynx"})
        told = lines.read()

    assert [line["event"] for line in told] == ["request_finished"]
    assert set(told[0]) == {
        *("at", "event", "level", "logger", "code", "request"),
        *("request_id", "user_id"),
    }
    assert (told[0]["code"], told[0]["request"]) == (200, "GET /")


@pytest.mark.django_db
@pytest.mark.urls("tests.monitoring.test_logs")
def test_a_fault_is_told_once_without_its_values() -> None:
    with production_logs() as lines:
        Client(raise_request_exception=False).get("/feil/?pid=01908000079")
        told = lines.read()

    assert [(line["event"], line["code"]) for line in told] == [("request_failed", 500)]
    assert told[0]["exception"].split("\n")[0] == "builtins.RuntimeError"
    assert "01908000079" not in lines.text


@pytest.mark.django_db
def test_a_missing_page_is_told_once() -> None:
    with production_logs() as lines:
        Client().get("/finnes-ikke/")
        told = lines.read()

    assert [(line["event"], line["code"]) for line in told] == [
        ("request_finished", 404)
    ]


def test_the_demo_reads_the_same_lines_as_text() -> None:
    formatter = logs.READABLE_LOGGING["formatters"]["structured"]["processors"][-1]

    text = formatter(None, "info", {"event": "request_finished", "code": 200})

    assert "request_finished" in text
    assert "code=200" in text


def test_celery_sets_up_no_logs_of_its_own() -> None:
    receivers = [receiver() for _key, receiver in setup_logging.receivers]

    assert log_as_the_portal_does in receivers


def test_a_task_carries_the_ids_of_the_request_that_rang(
    committed_database: str, settings: Settings
) -> None:
    """A worker in a thread, a real broker, and a bell that nobody can answer."""
    queue, failed = f"logs-{uuid7()}", threading.Event()

    def note(**_signal: object) -> None:
        failed.set()

    with production_logs() as lines:
        settings.LOGGING = lines.configuration
        with structlog.contextvars.bound_contextvars(request_id="r-1", order_id="o-1"):
            dispatch_commands.apply_async(
                kwargs={"head_end_id": "01908000079"}, queue=queue
            )
        task_failure.connect(note)
        with start_worker(app, queues=[queue], perform_ping_check=False):
            assert failed.wait(PATIENCE)
        told = [line for line in lines.read() if "task" in line]

    assert [line["event"] for line in told] == ["task_failed"]
    ids = {name: told[0][name] for name in ("task", "request_id", "order_id")}
    assert ids == {
        "task": "orders.dispatch_commands",
        "request_id": "r-1",
        "order_id": "o-1",
    }
    title, *places = told[0]["exception"].split("\n")
    assert title == "django.core.exceptions.ValidationError"
    assert places != []
    assert "01908000079" not in lines.text
