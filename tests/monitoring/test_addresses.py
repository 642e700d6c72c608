"""The addresses that machines ask: alive, ready, metrics."""

import socket

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from tests.orders.world import World

TOKEN = "a-token-of-the-tests-that-is-long-enough"


def samples(text: str) -> dict[str, float]:
    """Each sample of an exposition by its name and labels."""
    return {
        "/".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_alive_asks_nobody(client: Client) -> None:
    answer = client.get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_with_everybody_there(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "database": "ok", "broker": "ok", "cache": "ok"},
    )


@pytest.mark.django_db
def test_ready_without_broker_and_cache(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1"
    settings.CACHES = {"default": {**settings.CACHES["default"]}}
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        address = f"redis://127.0.0.1:{frozen.getsockname()[1]}"
        settings.CACHES["default"]["LOCATION"] = address
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "database": "ok", "broker": "away", "cache": "away"},
    )


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id ="
            " (SELECT max(id) FROM django_migrations WHERE app = 'orders')"
        )

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] == "migrations missing"


def test_not_ready_without_the_database(
    client: Client, committed_database: str
) -> None:
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        answer = client.get("/readyz")
    finally:
        connection.settings_dict["PORT"] = port

    assert (answer.status_code, answer.json()["database"]) == (503, "away")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": "Bearer another"}, 401),
        ({"Authorization": TOKEN}, 401),
        ({}, 401),
    ],
)
def test_metrics_are_for_who_has_the_token(
    client: Client, settings: Settings, header: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.METRICS_FOR_LOOPBACK = True

    assert client.get("/metrics", headers=header).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 401)]
)
def test_the_demo_shows_metrics_to_its_own_machine(
    client: Client, settings: Settings, address: str, status: int
) -> None:
    settings.METRICS_FOR_LOOPBACK = True

    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.django_db
def test_without_a_token_there_are_no_metrics(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_metrics_tell_of_the_domain(
    world: World, client: Client, settings: Settings
) -> None:
    settings.METRICS_FOR_LOOPBACK = True
    world.order_opening()

    told = samples(client.get("/metrics").content.decode())

    expected = {
        "hanportal_commands/aidon/queued": 1,
        "hanportal_orders/placed": 1,
        "hanportal_orders/on_hold": 0,
        "hanportal_deliveries/queued": 1,
        "hanportal_cases_open/open_without_consent": 0,
        "hanportal_ports_open_unwanted": 0,
        "hanportal_head_end_exchanges_1h/aidon": 0,
        "hanportal_alarm/command_due": 0,
        "hanportal_alarm/sweep:orders.sweep_commands": 1,
    }
    assert {name: told.get(name) for name in expected} == expected
