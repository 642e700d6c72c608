"""docker-compose.yml, read beside the code: there is no engine to start it here."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import yaml
from django.conf import settings
from django.db import connection

from hanportal.celery import app as celery_app
from tests.conventions.source import ROOT
from tests.stack.test_configuration import PAGE, WITH_COMPOSE, named_in_tables
from tests.stack.variables import read_by_settings, read_elsewhere

Service = dict[str, Any]

COMPOSE = ROOT / "docker-compose.yml"
DOCUMENT: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
SERVICES: dict[str, Service] = DOCUMENT["services"]
PRODUCT = {name: s for name, s in SERVICES.items() if "hanportal:" in s["image"]}
FOUNDATION = {name: s for name, s in SERVICES.items() if name not in PRODUCT}
INTERPOLATED = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+)")


def queues_that_are_worked() -> list[str]:
    """What the workers are told to take from, in the file's order."""
    commands = [service.get("command", []) for service in SERVICES.values()]
    return [
        queue
        for command in commands
        if "--queues" in command
        for queue in command[command.index("--queues") + 1].split(",")
    ]


def major_of(image: str) -> int:
    """18 of `postgres:18`."""
    return int(image.rpartition(":")[2].split(".")[0])


def option(command: list[str], name: str) -> str:
    """The value after an option."""
    return command[command.index(name) + 1]


def test_every_queue_that_something_is_routed_to_has_one_worker() -> None:
    celery_app.loader.import_default_modules()
    ours = [name for name in celery_app.tasks if not name.startswith("celery.")]
    scheduled = [str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    routed = {
        celery_app.amqp.router.route({}, name)["queue"].name
        for name in (*ours, *scheduled)
    }
    routes = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}

    assert sorted(queues_that_are_worked()) == sorted(routed | routes)
    assert sorted(set(scheduled) - set(ours)) == []


def test_there_is_one_clock() -> None:
    clocks = [name for name, s in SERVICES.items() if "beat" in s.get("command", [])]

    assert clocks == ["beat"]


@pytest.mark.django_db
def test_postgresql_is_the_version_that_the_tests_run_on() -> None:
    server = connection.cursor().connection.server_version // 10_000

    assert major_of(SERVICES["database"]["image"]) == server


@pytest.mark.parametrize(
    ("service", "address"),
    [
        ("broker", settings.CELERY_BROKER_URL),
        ("cache", settings.CACHES["default"]["LOCATION"]),
    ],
    ids=["broker", "cache"],
)
def test_valkey_is_the_version_that_the_tests_run_on(
    service: str, address: str
) -> None:
    with redis.Redis.from_url(address) as server:
        told = server.info("server")

    assert SERVICES[service]["image"] == f"valkey/valkey:{told['valkey_version'][0]}"


def test_the_broker_never_forgets_and_the_cache_does() -> None:
    broker, cache = (SERVICES[name]["command"] for name in ("broker", "cache"))

    assert option(broker, "--maxmemory-policy") == "noeviction"
    assert option(broker, "--appendonly") == "yes"
    assert option(cache, "--maxmemory-policy") == "allkeys-lru"
    addresses = PRODUCT["web"]["environment"]
    hosts = [urlsplit(addresses[name]).hostname for name in ("REDIS_URL", "CACHE_URL")]
    assert hosts == ["broker", "cache"]


def test_every_variable_that_a_part_is_given_is_read() -> None:
    given = {name for service in PRODUCT.values() for name in service["environment"]}

    assert sorted(given - read_by_settings() - read_elsewhere()) == []


def test_every_setting_can_be_set() -> None:
    given = {name for service in PRODUCT.values() for name in service["environment"]}
    fixed = {
        "HEAD_END_SECRET_",  # one for each head-end, from head-ends.env
        "HEAD_END_CERTIFICATE_",  # as these, which name files
        "HEAD_END_KEY_",
        "HEAD_END_AUTHORITIES_",
        "DATABASE_APPLICATION_ROLE",  # their names stand in the addresses
        "DATABASE_OWNER_ROLE",
    }

    assert sorted(read_by_settings() - given) == sorted(fixed)


def test_every_variable_that_the_file_asks_for_is_documented() -> None:
    asked = set(INTERPOLATED.findall(COMPOSE.read_text()))
    of_compose = named_in_tables(PAGE[WITH_COMPOSE:])

    assert sorted(asked - of_compose - read_by_settings()) == []
    assert sorted(of_compose - asked) == []


def test_no_secret_stands_in_the_file() -> None:
    told = [
        f"{service}: {name}"
        for service, what in SERVICES.items()
        for name, value in what.get("environment", {}).items()
        if value is not None
        and re.search("PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL|EMAIL", name)
        and not re.search(r"\$\{[A-Z_]+:\?\}", value)
    ]

    assert told == []


def test_only_those_who_make_tables_know_how() -> None:
    knows = {
        name: sorted({"ADMIN_DATABASE_URL", "MIGRATION_DATABASE_URL"} & set(given))
        for name, given in ((n, s["environment"]) for n, s in PRODUCT.items())
    }

    assert {name: found for name, found in knows.items() if found} == {
        "prepare": ["ADMIN_DATABASE_URL", "MIGRATION_DATABASE_URL"],
        "migrate": ["MIGRATION_DATABASE_URL"],
    }


def test_only_the_portal_is_published_and_only_on_loopback() -> None:
    published = {name: s["ports"] for name, s in SERVICES.items() if "ports" in s}

    assert published == {"web": ["127.0.0.1:${WEB_PORT:-8000}:8000"]}
    assert {name: s["networks"] for name, s in FOUNDATION.items()} == {
        name: ["inside"] for name in ("database", "broker", "cache")
    }
    assert DOCUMENT["networks"]["inside"] == {"internal": True}


def test_what_stays_comes_back_and_what_others_stand_on_says_if_it_is_well() -> None:
    assert {name: s["restart"] for name, s in SERVICES.items()} == {
        "database": "unless-stopped",
        "broker": "unless-stopped",
        "cache": "unless-stopped",
        "prepare": "no",
        "migrate": "no",
        "web": "unless-stopped",
        "dispatch": "unless-stopped",
        "notices": "unless-stopped",
        "beat": "unless-stopped",
    }
    checked = sorted(name for name, s in SERVICES.items() if "healthcheck" in s)
    assert checked == ["broker", "cache", "database", "web"]


def test_nothing_waits_for_what_does_not_exist_or_cannot_come() -> None:
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            ends = SERVICES[name]["restart"] == "no"
            has_check = "healthcheck" in SERVICES[name]
            assert (wait["condition"], ends or has_check) == (
                "service_completed_successfully" if ends else "service_healthy",
                True,
            )


def test_every_volume_that_is_mounted_is_declared() -> None:
    mounted = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }

    assert sorted(mounted) == sorted(DOCUMENT["volumes"])


def test_nothing_of_the_demo_is_there() -> None:
    assert "demo" not in COMPOSE.read_text().lower()


def test_every_module_and_file_that_a_part_starts_is_in_the_product() -> None:
    named = {
        word
        for service in PRODUCT.values()
        for what in (service.get("command", []), service.get("healthcheck", {}))
        for word in (what if isinstance(what, list) else what.get("test", []))
        if word.startswith("hanportal.") or word.endswith(".py")
    }
    files = {word: Path(word.removesuffix(".py").replace(".", "/")) for word in named}

    assert sorted(files) == [
        "hanportal.celery",
        "hanportal.monitoring.probe",
        "manage.py",
    ]
    assert [w for w, p in files.items() if not (ROOT / f"{p}.py").is_file()] == []
