"""A canary is driven through everything that a customer meets; then all is searched.

Her national id may stand nowhere. Her name, e-mail and address may stand where they
belong (her own rows, pages and letters) and nowhere else.
"""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from pytest_django.fixtures import Settings

from hanportal.accounts.models import Customer
from meters.models import HanPort, HeadEnd, MeteringPoint
from meters.states import ReportedState
from notifications.models import Message
from notifications.tasks import deliver_messages
from orders import tasks
from orders.models import Callback, Order, Terms
from orders.states import OrderStatus
from tests.accounts.eid_server import CLIENT_ID, CLIENT_SECRET, PORTAL, Browser, running
from tests.demo.waiting import eventually
from tests.minside.stage import free_port, portal_on
from tests.monitoring import canary
from tests.monitoring.canary_machine import sent_by_machine
from tests.monitoring.lines import production_logs
from tests.orders.silence import RESETS

pytestmark = pytest.mark.processes

SERIAL = "7359990000000001"
# Her own rows, what was written to her, and what can be erased beside the log.
HERS = {
    "audit_personaldetail",
    "accounts_customer",
    "accounts_user",
    "meters_meteringpoint",
    "notifications_delivery",
    "notifications_message",
    "django_session",
}


@dataclass
class Journey:
    """The canary's browser, what it was shown, and which pages it has seen."""

    browser: Browser
    customer: Customer
    point: MeteringPoint
    port: HanPort
    served: str
    """Where the head-end reaches the portal."""
    visited: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)

    def get(self, name: str, *arguments: object, status: int = 200) -> None:
        """Look at a page."""
        self._keep(self.browser.portal.get(reverse(name, args=arguments)), status)

    def post(self, name: str, *arguments: object, **form: object) -> None:
        """Send a form that leads on."""
        address = reverse(name, args=arguments)
        self._keep(self.browser.portal.post(address, form), 302)

    def order_opening(self) -> Order:
        """All the steps, each page looked at before its form is sent."""
        point = self.point.id
        boxes = {
            f"statement_{key}": "on"
            for terms in Terms.objects.all()
            for key in terms.statement_keys
        }
        self.get("minside:open_before", point)
        self.get("minside:open_terms", point)
        self.post("minside:open_terms", point, security="inside_dwelling", **boxes)
        self.get("minside:open_notices", point)
        self.post("minside:open_notices", point, email=canary.EMAILS[1], language="nb")
        self.get("minside:open_check", point)
        self.post("minside:open_check", point)
        return self.newest_order()

    def look_at(self, order: Order) -> None:
        """Every page about one order."""
        for page in ("order", "order_status", "receipt", "cancel"):
            self.get(f"minside:{page}", order.id)

    def newest_order(self) -> Order:
        """The order that was placed last."""
        return Order.objects.newest_first()[:1].get()

    def workers_run(self, state: ReportedState) -> None:
        """Every task once; the meter's result comes in between."""
        before = Callback.objects.count()
        tasks.sweep_commands()
        assert eventually(Callback.objects.count, before + 1) == before + 1
        tasks.work_off_callbacks()
        tasks.reconcile_ports()
        deliver_messages()
        assert HanPort.objects.get(pk=self.port.pk).reported == state

    def _keep(self, response: object, status: int) -> None:
        assert response.status_code == status, response  # type: ignore[attr-defined]
        content = response.content.decode("latin-1")  # type: ignore[attr-defined]
        headers = response.headers  # type: ignore[attr-defined]
        self.shown.append(f"{content} {dict(headers)}")
        self.shown.append(content.encode("latin-1").decode("utf-8", "replace"))
        match = response.resolver_match  # type: ignore[attr-defined]
        self.visited.add(match.view_name)


@pytest.fixture
def journey(
    committed_database: str, settings: Settings, tmp_path: Path
) -> Iterator[Journey]:
    """The portal, an eID and a head-end, all real; the canary logs in."""
    settings.EID_CLIENT_ID, settings.EID_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.EID_REQUIRED_LEVELS = ["idporten-loa-high"]
    settings.HEAD_END_SECRETS = {"aidon": canary.SECRET}
    port = free_port()
    with (
        running(people=[canary.CANARY]) as eid,
        canary.head_end_with(SERIAL, tmp_path) as endpoint,
        portal_on(port) as served,
    ):
        settings.EID_ISSUER = eid.options.issuer
        settings.PORTAL_BASE_URL = PORTAL
        customer, point, han_port = canary.settle_down(endpoint)
        yield Journey(Browser(), customer, point, han_port, served)


def walk(journey: Journey, settings: Settings) -> None:
    """Everything that a customer can do, and all that it sets in motion."""
    for page in ("front_page", "accessibility"):
        journey.get(f"minside:{page}")
    journey.get("account_login")
    journey.browser.log_in(canary.CANARY)
    journey.get("reauthenticate")
    journey.browser.log_in(canary.CANARY, "/logg-inn/bekreft/")
    settings.PORTAL_BASE_URL = journey.served
    journey.post("minside:language", language="nb")
    journey.get("minside:points")

    first = journey.order_opening()
    journey.look_at(first)
    journey.post("minside:cancel", first.id)
    opening = journey.order_opening()
    journey.look_at(opening)
    journey.workers_run(ReportedState.OPEN)
    for page in ("order", "order_status", "receipt"):
        journey.get(f"minside:{page}", opening.id)

    HeadEnd.objects.update(profile_settings=RESETS)
    journey.get("minside:silence", journey.point.id)
    journey.post("minside:silence_try", journey.point.id)
    journey.workers_run(ReportedState.OPEN)
    journey.post("minside:silence_report", journey.point.id)
    journey.get("minside:silence", journey.point.id)

    journey.get("minside:history", journey.point.id)
    journey.get("minside:close", journey.point.id)
    journey.post("minside:close", journey.point.id)
    journey.workers_run(ReportedState.CLOSED)
    journey.get("minside:order", journey.newest_order().id)
    journey.get("minside:inbox")
    for message in Message.objects.all():
        journey.get("minside:message", message.id)
    journey.shown.append(sent_by_machine(journey.point.gsrn))


def machine_pages(settings: Settings) -> str:
    """What the watching machines are told."""
    settings.METRICS_FOR_LOOPBACK = True
    out = io.StringIO()
    try:
        call_command("watch", stdout=out)
    except CommandError as alarm:
        out.write(str(alarm))
    pages = [Client().get(f"/{name}").content for name in ("metrics", "readyz")]
    return out.getvalue() + b"".join(pages).decode()


def pages_of_min_side() -> set[str]:
    """Every address of Min side by name."""
    _, resolver = get_resolver().namespace_dict["minside"]
    return {
        f"minside:{pattern.name}"
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern)
    }


def test_a_canary_is_found_where_it_belongs_and_nowhere_else(
    journey: Journey, settings: Settings
) -> None:
    with production_logs("DEBUG") as lines, canary.own_queue() as queue:
        ear = canary.Overheard()
        logging.getLogger().addHandler(ear)
        walk(journey, settings)
        waiting = canary.waiting_in(queue)
        in_session = canary.sessions()
        journey.post("account_logout")
    order = journey.newest_order()
    rows = canary.tables()

    anonymous = {
        "logs": lines.text,
        "logs before the net": "\n".join(ear.said),
        "queue": waiting,
        "watching machines": machine_pages(settings),
        **{f"table {name}": text for name, text in rows.items() if name not in HERS},
    }
    hers = {
        **{f"table {name}": text for name, text in rows.items() if name in HERS},
        "sessions": in_session,
        "pages": "\n".join(journey.shown),
        "letters": "\n".join(letter.message().as_string() for letter in mail.outbox),
        "texts of letters": "\n".join(str(letter.body) for letter in mail.outbox),
        "cache": canary.cached(),
    }

    assert canary.found(canary.NUMBER_SPELLINGS, {**anonymous, **hers}) == []
    assert canary.found(canary.PERSON_SPELLINGS, anonymous) == []

    # Each search could have found something: what belongs there is there.
    assert pages_of_min_side() - journey.visited == set()
    assert order.status == OrderStatus.COMPLETED
    assert Customer.objects.by_national_id(canary.NATIONAL_ID) == journey.customer
    placed = [str(id_) for id_ in Order.objects.values_list("id", flat=True)]
    reference = order.placement.reference
    belongs = {
        "logs": [*placed, "request_finished"],
        "logs before the net": placed,
        "queue": placed,
        "table audit_event": [reference, placed[0]],
        "table audit_personaldetail": [SERIAL],
        "table orders_exchange": [SERIAL, reference],
        "table orders_callback": [SERIAL],
        "table meters_registerevent": ["e-1", "kis"],
        "table accounts_customer": [canary.NAME, *canary.EMAILS],
        "table meters_meteringpoint": [canary.ADDRESS],
        "table notifications_delivery": [canary.EMAILS[1]],
        "sessions": [canary.CANARY.subject],
        "pages": ["customer.name", canary.NAME, canary.ADDRESS, canary.EMAILS[1]],
        "letters": [canary.EMAILS[1]],
        "texts of letters": [canary.ADDRESS],
        "watching machines": ["hanportal_alarm", "aidon", 'client="kis-1"'],
    }
    everywhere = {**anonymous, **hers}
    missing = [
        (place, text)
        for place, texts in belongs.items()
        for text in texts
        if text not in everywhere[place]
    ]
    assert missing == []


@pytest.mark.parametrize("spelt", sorted(canary.NUMBER_SPELLINGS))
def test_the_search_would_find_it(spelt: str) -> None:
    found = canary.found(canary.NUMBER_SPELLINGS, {"a log": f"pid={spelt};"})

    assert ("a log", spelt) in found
