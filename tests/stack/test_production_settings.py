"""What production refuses to start with."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured

from hanportal.settings import required

SUPERUSER_REFUSED = (
    "NAME logs in as a superuser, for whom the log is not append-only. "
    "Run `manage.py prepare_database` and use the application's role."
)
RANDOM = "sK9-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2


@pytest.mark.parametrize(
    ("demand", "value", "sentence"),
    [
        (required.value, "", "Set NAME; production has no default for it."),
        (required.value, "  ", "Set NAME; production has no default for it."),
        (
            required.secret_key,
            "changeme",
            "NAME must be random and at least 50 characters long.",
        ),
        (
            required.secret_key,
            "a" * 80,
            "NAME must be random and at least 50 characters long.",
        ),
        (
            required.shared_secret,
            "short",
            "NAME must be at least 32 characters long.",
        ),
        (
            required.https_address,
            "http://han.example.no",
            "NAME must be an https address, not 'http://han.example.no'.",
        ),
        (
            required.database_address,
            "postgres://postgres:x@db/han",
            SUPERUSER_REFUSED,
        ),
    ],
)
def test_it_refuses(
    demand: Callable[[str], str],
    value: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NAME", value)

    with pytest.raises(ImproperlyConfigured) as caught:
        demand("NAME")

    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("demand", "value"),
    [
        (required.value, "Fjordnett"),
        (required.secret_key, RANDOM),
        (required.shared_secret, RANDOM),
        (required.https_address, "https://han.example.no"),
        (required.database_address, "postgres://hanportal_app:x@db/han"),
    ],
)
def test_it_takes_what_is_sound(
    demand: Callable[[str], str], value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME", value)

    assert demand("NAME") == value


def test_a_cache_that_makes_room_must_not_be_the_broker() -> None:
    required.separate_instances("redis://broker:6379/0", "redis://cache:6379/0")

    with pytest.raises(ImproperlyConfigured) as caught:
        required.separate_instances("redis://valkey:6379/0", "redis://valkey:6379/1")

    assert str(caught.value) == (
        "REDIS_URL and CACHE_URL name the same server. A cache that makes room "
        "empties the queues; use two instances."
    )
