"""Who is let in to the machine interface, and how it is told when not."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from hanportal.accounts.actions import revoke_client
from hanportal.accounts.models import ApiClient, ApiToken, Scope
from hanportal.audit.models import Event
from tests.api.machine import (
    BASE,
    BY,
    Machine,
    a_client,
    a_machine,
    outcomes_of,
    reason_of,
)
from tests.meters.batches import event
from tests.meters.deliveries import OLA, POINT_A
from tests.monitoring.lines import production_logs

PROBLEM = "application/problem+json"
MOVE = event("moved_in", "m-1", "2026-11-01", customer_number=OLA)


@pytest.mark.django_db
def test_a_token_is_given_as_oauth_says() -> None:
    answer = Machine("kis-1", a_client()).ask_for_token()

    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert body["scope"] == "events:write register:read register:write"
    assert answer["Cache-Control"] == "no-store"
    assert answer.cookies == {}


@pytest.mark.django_db
def test_the_client_may_prove_itself_by_http_basic() -> None:
    pair = b64encode(f"kis-1:{a_client()}".encode()).decode()

    answer = Client().post(
        f"{BASE}/token",
        {"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {pair}"},
    )

    assert answer.status_code == 200


@pytest.mark.django_db
def test_a_client_that_is_unknown_wrong_or_revoked_is_answered_alike() -> None:
    secret = a_client()
    a_client("kis-2")
    revoke_client(code="kis-2", by=BY, now=datetime.now(UTC))

    answers = [
        Machine(code, tried).ask_for_token()
        for code, tried in [("kis-1", "x"), ("nobody", secret), ("kis-2", secret)]
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["error"] == "invalid_client"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": ""}, (400, "unsupported_grant_type")),
        ({"scope": "register:write admin"}, (400, "invalid_scope")),
        ({"client_id": ""}, (401, "invalid_client")),
        ({"client_secret": "\0"}, (401, "invalid_client")),
        ({"client_secret": "x" * 201}, (401, "invalid_client")),
    ],
)
def test_a_wrong_request_for_a_token_is_refused_as_oauth_says(
    form: dict[str, str], error: tuple[int, str]
) -> None:
    answer = Machine("kis-1", a_client()).ask_for_token(**form)

    assert (answer.status_code, answer.json()["error"]) == error


@pytest.mark.django_db
def test_secret_and_token_are_kept_as_hashes_only() -> None:
    machine = a_machine()

    kept = f"{ApiClient.objects.values()}{ApiToken.objects.values()}"
    assert machine.secret not in kept
    assert machine.token not in kept
    assert ApiToken.objects.count() == 1


@pytest.mark.django_db
def test_too_many_tries_are_told_to_wait_and_others_are_not(
    settings: Settings,
) -> None:
    settings.API_TOKEN_TRIES = 3
    machine = Machine("kis-1", a_client())
    secret, machine.secret = machine.secret, "x"
    tried = [machine.ask_for_token().status_code for _ in range(4)]
    machine.secret = secret

    locked = machine.ask_for_token()

    assert tried == [401, 401, 401, 429]
    assert locked.status_code == 429
    assert 0 < int(locked["Retry-After"]) <= 900
    assert Machine("kis-2", a_client("kis-2")).ask_for_token().status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert machine.ask_for_token().status_code == 200


@pytest.mark.parametrize("token", ["", "hanportal_x", "\N{SNOWMAN}", "a b"])
def test_without_a_valid_token_nothing_is_done(machine: Machine, token: str) -> None:
    machine.token = token

    answer = machine.post("/events", MOVE)

    assert reason_of(answer) == (401, PROBLEM, "no_valid_token")
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_ends_with_its_hour(machine: Machine) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
        assert machine.post("/events", MOVE).status_code == 401


def test_a_revoked_client_is_out_at_once(machine: Machine) -> None:
    assert machine.post("/events", MOVE).status_code == 200

    call_command("revoke_api_client", "kis-1", stdout=StringIO())

    assert machine.post("/events", MOVE).status_code == 401
    assert machine.ask_for_token().status_code == 401


READS: Callable[[Machine], Any] = lambda m: m.get(f"/metering-points/{POINT_A}")  # noqa: E731 -- a row's name
TELLS: Callable[[Machine], Any] = lambda m: m.post("/events", MOVE)  # noqa: E731 -- a row's name
WRITES: Callable[[Machine], Any] = lambda m: m.post("/holdings", {})  # noqa: E731 -- a row's name


@pytest.mark.usefixtures("two_points")
@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.REGISTER_READ, READS),
        (Scope.EVENTS_WRITE, TELLS),
        (Scope.REGISTER_WRITE, WRITES),
    ],
)
def test_a_scope_opens_its_own_door_and_no_other(
    scope: Scope, allowed: Callable[[Machine], Any]
) -> None:
    machine = a_machine(scopes=frozenset({scope}))

    for ask in (READS, TELLS, WRITES):
        answer = ask(machine)
        if ask is allowed:
            assert answer.status_code in {200, 422}
        else:
            assert reason_of(answer) == (403, PROBLEM, "not_in_scope")


@pytest.mark.usefixtures("two_points")
def test_a_token_may_be_asked_for_with_less() -> None:
    machine = Machine("kis-1", a_client()).log_in(scope="register:read")

    assert READS(machine).status_code == 200
    assert TELLS(machine).status_code == 403


def test_a_client_that_asks_too_often_is_told_when_to_come_back(
    machine: Machine, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    other = a_machine("other-1")

    statuses = [READS(machine).status_code for _ in range(3)]
    limited = READS(machine)

    assert statuses == [200, 200, 429]
    assert reason_of(limited) == (429, PROBLEM, "too_many_requests")
    assert 0 < int(limited["Retry-After"]) <= 60
    assert READS(other).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        assert READS(machine).status_code == 200


def test_the_limit_holds_while_the_cache_is_away(
    machine: Machine, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    }

    assert [READS(machine).status_code for _ in range(2)] == [200, 429]


def test_neither_session_nor_csrf_nor_cookies_take_part(machine: Machine) -> None:
    machine.http = Client(enforce_csrf_checks=True)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = machine.post("/events", MOVE)

    assert outcomes_of(answer) == [("m-1", "applied")]
    assert answer.cookies == {}
    assert not any("django_session" in query["sql"] for query in queries)
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_request_is_told_once_with_its_client_and_without_its_body(
    machine: Machine,
) -> None:
    with production_logs() as lines:
        machine.post("/events", MOVE | {"gsrn": "06896100090"})
        told = lines.read()

    assert [(line["event"], line["client"], line["code"]) for line in told] == [
        ("request_finished", "kis-1", 422)
    ]
    assert told[0]["request_id"]
    assert "06896100090" not in lines.text


def test_what_a_client_does_is_in_the_log_under_its_name(machine: Machine) -> None:
    machine.post("/events", MOVE)
    machine.post("/holdings", {"id": "1"})
    call_command("revoke_api_client", "kis-1", stdout=StringIO())

    told = Event.objects.filter(what__in=["register.batch_taken"]).order_by("sequence")
    assert [(each.actor_reference, each.facts["resource"]) for each in told] == [
        ("api:kis-1", "events"),
        ("api:kis-1", "holdings"),
    ]
    chain = f"api-client:{ApiClient.objects.get().id}"
    events = Event.objects.filter(chain=chain).order_by("sequence")
    assert [each.what for each in events] == [
        "api_client.created",
        "api_client.token_given",
        "api_client.revoked",
    ]


@pytest.mark.django_db
def test_a_client_is_made_by_a_command_and_its_secret_shown_once() -> None:
    out = StringIO()
    made = ("create_api_client", "kis-1", "--sender", "kis", "--scope", "events:write")
    call_command(*made, stdout=out, stderr=StringIO())

    secret = out.getvalue().strip()
    assert Machine("kis-1", secret).ask_for_token().json()["scope"] == "events:write"
    with pytest.raises(CommandError, match="already"):
        call_command(*made, stderr=StringIO())
    with pytest.raises(CommandError, match="hyphen"):
        call_command("create_api_client", "Kis 1", *made[2:], stderr=StringIO())
    with pytest.raises(CommandError, match="no client"):
        call_command("revoke_api_client", "nobody")
