"""Rules that hold for the running product: routes, queues, driver."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from hanportal.celery import app

PUBLIC_PAGES = {
    "minside:accessibility",
    "minside:front_page",
    "minside:language",
}


def test_the_driver_is_psycopg2(db: None) -> None:
    assert find_spec("psycopg") is None
    with connection.cursor() as cursor:
        assert type(cursor.cursor).__module__ == "psycopg2.extensions"


def test_every_task_has_a_queue() -> None:
    app.loader.import_default_modules()
    ours = sorted(name for name in app.tasks if not name.startswith("celery."))
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}

    assert ours != []
    assert set(queues.values()) <= {"dispatch", "notices"}
    assert {name.split(".")[0] for name in ours} <= {
        pattern.split(".")[0] for pattern in settings.CELERY_TASK_ROUTES
    }


def test_every_periodic_job_is_a_task() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - set(app.tasks) == set()


def patterns(
    resolver: URLResolver, namespace: str = ""
) -> list[tuple[str, URLPattern]]:
    """Every route, with its full name."""
    found: list[tuple[str, URLPattern]] = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            found += patterns(pattern, inner)
        else:
            found.append((f"{namespace}{pattern.name}", pattern))
    return found


def is_guarded(view: Any) -> bool:
    """True when one of the wrappers around the view is a guard."""
    while view is not None:
        if "/accounts/guards/" in view.__code__.co_filename:
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def test_every_page_of_min_side_has_its_guard() -> None:
    unguarded = {
        name
        for name, pattern in patterns(get_resolver())
        if name.startswith("minside:") and not is_guarded(pattern.callback)
    }

    assert unguarded == PUBLIC_PAGES
