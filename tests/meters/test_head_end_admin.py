"""Administrators set a head-end's profile in the admin; each change is written down."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from hanportal.accounts.models import Role
from hanportal.audit.log import Event
from meters.models import HeadEnd
from tests.accounts.staff import logged_in, make_staff


@pytest.fixture
def head_end(db: None) -> HeadEnd:
    """A head-end as it was registered."""
    return HeadEnd.objects.create(
        code="aidon",
        name="Aidon",
        profile=HeadEnd.Profile.CIM_STRICT,
        endpoint="https://hes.example/soap",
    )


@pytest.fixture
def administrator(db: None) -> Client:
    """Somebody who may."""
    return logged_in(make_staff("admin", Role.ADMINISTRATOR))


def form(head_end: HeadEnd, **changes: Any) -> dict[str, Any]:
    """What a browser sends back."""
    facts = {
        "name": head_end.name,
        "profile": head_end.profile,
        "profile_settings": json.dumps(head_end.profile_settings),
        "endpoint": head_end.endpoint,
        "connect_timeout_seconds": head_end.connect_timeout_seconds,
        "read_timeout_seconds": head_end.read_timeout_seconds,
        "max_concurrency": head_end.max_concurrency,
        "result_wait_seconds": head_end.result_wait_seconds,
        "commands_per_minute": head_end.commands_per_minute,
        "segment_permits": head_end.segment_permits,
        "maintenance": json.dumps(head_end.maintenance),
        "callback_networks": json.dumps(head_end.callback_networks),
        "is_active": "on",
    }
    return {**facts, **changes}


def address(head_end: HeadEnd) -> str:
    return reverse("admin:meters_headend_change", args=[head_end.id])


def changes_written() -> list[Event]:
    return list(Event.objects.filter(what__startswith="head_end.").order_by("sequence"))


def test_a_desk_that_was_left_open_changes_no_head_end(head_end: HeadEnd) -> None:
    begun = datetime(2026, 10, 5, 10, 0, tzinfo=UTC)
    boss = make_staff("boss", Role.ADMINISTRATOR)
    later = begun + timedelta(minutes=16)
    with time_machine.travel(later, tick=False):
        desk = logged_in(boss, at=begun)
        sent = form(head_end, endpoint="https://elsewhere.example/soap")
        answers = [desk.get(address(head_end)), desk.post(address(head_end), sent)]

    assert [each["Location"] for each in answers] == ["/ansatt/bekreft/"] * 2
    head_end.refresh_from_db()
    assert head_end.endpoint == "https://hes.example/soap"


def test_a_code_is_set_and_the_change_is_written_down(
    administrator: Client, head_end: HeadEnd
) -> None:
    settings = {"reply_codes": {"2.12": "unreachable"}, "naive_times": "Europe/Oslo"}
    sent = form(head_end, profile_settings=json.dumps(settings), max_concurrency=5)

    answer = administrator.post(address(head_end), sent)

    head_end.refresh_from_db()
    assert answer.status_code == 302
    assert (head_end.profile_settings, head_end.max_concurrency) == (settings, 5)
    (event,) = changes_written()
    facts = json.loads(bytes(event.canonical))["facts"]
    assert (event.what, event.actor_kind) == ("head_end.changed", "staff")
    assert facts == {
        "code": "aidon",
        "max_concurrency": 5,
        "profile_settings": settings,
    }


def test_what_did_not_change_is_not_written_down(
    administrator: Client, head_end: HeadEnd
) -> None:
    answer = administrator.post(address(head_end), form(head_end))

    assert (answer.status_code, changes_written()) == (302, [])


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"reply_codes": {"2.4": "fine"}, "windows": 3},
            "reply_codes.2.4: &#x27;fine&#x27; is none of not_delivered",
        ),
        (["a list"], "The settings are a list, not an object."),
        ({"poll_for_seconds": 60}, "poll_for_seconds: no setting is called so"),
    ],
)
def test_settings_that_make_no_sense_change_nothing_and_say_why(
    administrator: Client, head_end: HeadEnd, settings: Any, complaint: str
) -> None:
    sent = form(head_end, profile_settings=json.dumps(settings), name="Other")

    answer = administrator.post(address(head_end), sent)

    head_end.refresh_from_db()
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert (head_end.name, head_end.profile_settings) == ("Aidon", {})
    assert changes_written() == []


def test_only_a_manual_head_end_has_no_address(
    administrator: Client, head_end: HeadEnd
) -> None:
    refused = administrator.post(address(head_end), form(head_end, endpoint=""))
    sent = form(head_end, endpoint="", profile="manual")
    taken = administrator.post(address(head_end), sent)

    head_end.refresh_from_db()
    assert "Profilen trenger en adresse." in refused.content.decode()
    assert (taken.status_code, head_end.endpoint) == (302, "")


def test_the_code_and_the_secret_are_not_set_here(
    administrator: Client, head_end: HeadEnd
) -> None:
    answer = administrator.post(address(head_end), form(head_end, code="other"))

    head_end.refresh_from_db()
    assert (answer.status_code, head_end.code) == (302, "aidon")


def test_nobody_adds_or_removes_head_ends_here(
    administrator: Client, head_end: HeadEnd
) -> None:
    page = administrator.get(address(head_end)).content.decode()

    assert 'name="_save"' in page
    assert "deletelink" not in page
    assert "_addanother" not in page
    assert administrator.get("/admin/meters/headend/add/").status_code == 404


def test_limits_and_maintenance_are_set_and_a_bad_window_is_named(
    administrator: Client, head_end: HeadEnd
) -> None:
    windows = [{"day": "sunday", "from": "22:00", "until": "02:00"}]
    bad = [*windows, {"day": "søndag", "from": "22:00", "until": "02:00"}]
    limits = {"commands_per_minute": 600, "segment_permits": 4}

    sent = form(head_end, maintenance=json.dumps(bad))
    refused = administrator.post(address(head_end), sent)
    assert "Vindu 2: day er en ukedag" in refused.content.decode()
    assert changes_written() == []

    sent = form(head_end, maintenance=json.dumps(windows), **limits)
    assert administrator.post(address(head_end), sent).status_code == 302

    head_end.refresh_from_db()
    assert (head_end.maintenance, head_end.commands_per_minute) == (windows, 600)
    assert [event.what for event in changes_written()] == ["head_end.changed"]


def test_where_callbacks_come_from_is_set_and_mistakes_are_named(
    administrator: Client, head_end: HeadEnd
) -> None:
    wrong = form(head_end, callback_networks='["10.20.0.1/16"]')
    right = form(head_end, callback_networks='["10.20.0.0/16"]')

    refused = administrator.post(address(head_end), wrong).content.decode()
    administrator.post(address(head_end), right)

    head_end.refresh_from_db()
    assert "«10.20.0.1/16» er ikke et nettverk" in refused
    assert head_end.callback_networks == ["10.20.0.0/16"]
    (change,) = changes_written()
    assert change.facts == {"callback_networks": ["10.20.0.0/16"], "code": "aidon"}
