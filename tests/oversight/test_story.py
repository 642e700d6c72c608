"""One consent's whole story stands on one page, and nothing that it must not show."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from uuid6 import uuid7

from hanportal.accounts.actions import revoke_representation
from hanportal.audit import log
from hanportal.oversight.story import story_of
from meters.states import ReportedState
from orders import actions, fulfilment
from orders.fulfilment.callbacks import apply_report
from orders.models import Consent, Exchange
from orders.models.exchanges import redacted
from tests.accounts.representing import BY, a_representation
from tests.orders.silence import answer, ask, let_it_restart, restart
from tests.orders.test_callers import an_agent, open_for, staff, verified
from tests.orders.world import World
from tests.oversight.street import Street, as_superuser

MOST_QUERIES = 24
NATIONAL_ID = "01908000079"


def page_of(client: Client, consent: Consent) -> str:
    answer = client.get(f"/innsyn/samtykke/{consent.id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def open_the_port(world: World) -> Consent:
    order = world.order_opening()
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    report = world.event(world.newest_command(), ReportedState.OPEN)
    apply_report(report, head_end=world.head_end, clock=world.clock)
    assert order.consent is not None
    return order.consent


def test_the_story_goes_from_the_text_to_the_end(world: World, auditor: Client) -> None:
    consent = open_the_port(world)
    closing = world.order_closing()
    page = page_of(auditor, consent)
    assert consent.terms is not None
    for told in (
        consent.receipt_number,
        consent.terms.sha256,
        "Teksten er den samme som da samtykket ble gitt.",
        "Samtykket sier det samme som hendelsen",
        "Måleren står inne i boligen",
        "https://eid.example",
        closing.placement.reference,
        "Kommando om å åpne",
        "Kommandoen sendt",
        "HAN-porten er åpen",
        "Samtykket ble gitt",
        "Samtykket ble avsluttet",
        "Måleren bekreftet kommandoen",
        "trukket tilbake",
        *(statement["text"] for statement in consent.terms.statements),
    ):
        assert told in page
    assert "Ikke bekreftet" not in page


def test_a_story_ends_where_the_next_consent_begins(
    world: World, auditor: Client
) -> None:
    first = open_the_port(world)
    closing = world.order_closing()
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    report = world.event(world.newest_command(), ReportedState.CLOSED)
    apply_report(report, head_end=world.head_end, clock=world.clock)
    world.now += timedelta(hours=1)
    again = world.order_opening(identification=world.identification())
    later = world.order_closing()
    assert again.consent is not None
    assert closing.placement.reference in page_of(auditor, first)
    assert later.placement.reference not in page_of(auditor, first)
    assert closing.placement.reference not in page_of(auditor, again.consent)
    assert later.placement.reference in page_of(auditor, again.consent)


def test_a_consent_by_telephone_says_how_the_caller_was_known(
    world: World, auditor: Client
) -> None:
    agent = an_agent()
    order = open_for(world, verified(world, agent), staff(agent))
    assert order.consent is not None
    page = page_of(auditor, order.consent)
    for told in (
        "kundesenteret",
        f"Ansatt {agent.staff_number}",
        "Kontrollspørsmål",
        "Gateadresse",
        "Riktig",
    ):
        assert told in page
    assert "Legitimert hos" not in page


def test_a_closing_by_telephone_is_part_of_the_story(
    world: World, auditor: Client
) -> None:
    consent = open_the_port(world)
    agent = an_agent()
    closing = actions.place_closing_for_caller(
        verification=verified(world, agent),
        metering_point=world.point,
        by=staff(agent),
        now=world.now,
    )
    page = page_of(auditor, consent)
    assert closing.placement.reference in page
    assert f"Ansatt {agent.staff_number}" in page


def test_a_changed_text_is_found(world: World, auditor: Client) -> None:
    consent = open_the_port(world)
    as_superuser("UPDATE orders_terms SET body = body || ' Og mer.'")
    page = page_of(auditor, consent)
    assert "Teksten er endret" in page
    assert "Teksten er den samme" not in page


def test_a_changed_consent_is_found(world: World, auditor: Client) -> None:
    consent = open_the_port(world)
    as_superuser("UPDATE orders_consent SET security = 'lockable_cabinet'")
    page = page_of(auditor, consent)
    assert "Samtykket sier noe annet enn loggen" in page
    assert '<span class="hk-code">security</span>' in page


def test_no_national_id_address_under_protection_or_mail_address_is_shown(
    street: Street, auditor: Client
) -> None:
    hidden = street.neighbour(
        "Eva Berg", after=timedelta(days=1), has_protected_address=True
    )
    number = hidden.customer.open_national_id()
    assert number is not None
    page = page_of(auditor, hidden)
    address = hidden.metering_point.street_address
    assert [s for s in (number, address, "kari@eksempel.example") if s in page] == []
    assert "Adressesperre" in page


def test_an_exchange_is_read_to_the_letter_but_redacted(
    world: World, auditor: Client
) -> None:
    consent = open_the_port(world)
    exchange = Exchange.objects.get()
    Exchange.objects.update(request=f"<a>{NATIONAL_ID} kari@x.example</a>".encode())
    path = f"/innsyn/samtykke/{consent.id}/utveksling/{exchange.id}/"
    assert path in page_of(auditor, consent)
    page = auditor.get(path).content.decode()
    assert "&lt;a&gt;••••••••••• •••@•••&lt;/a&gt;" in page
    assert NATIONAL_ID not in page


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<id>01908000079</id>", "<id>•••••••••••</id>"),
        (b"019080 00079", "•••••••••••"),
        (b"707057500000000012", "707057500000000012"),
        (b"7359990000000001", "7359990000000001"),
        (None, ""),
        (b"\xff", "\ufffd"),
    ],
)
def test_what_could_be_a_national_id_is_hidden(body: bytes | None, shown: str) -> None:
    assert redacted(body) == shown


def test_an_exchange_about_something_else_is_not_found(
    street: Street, auditor: Client
) -> None:
    open_the_port(street.world)
    other = street.neighbour("Ola Dahl", after=timedelta(days=1))
    exchange = Exchange.objects.get()
    for consent_id, exchange_id in (
        (other.id, exchange.id),
        (uuid7(), exchange.id),
        (other.id, uuid7()),
    ):
        path = f"/innsyn/samtykke/{consent_id}/utveksling/{exchange_id}/"
        assert auditor.get(path).status_code == 404


def test_who_looked_is_told_to_the_next_one(world: World, auditor: Client) -> None:
    consent = open_the_port(world)
    assert "Ingen ansatte før nå." in page_of(auditor, consent)
    page = page_of(auditor, consent)
    assert "oversight.consent" in page
    assert "Ingen ansatte før nå." not in page


def test_each_page_leaves_one_read_event(world: World, auditor: Client) -> None:
    consent = open_the_port(world)
    before = reads(consent.customer_id)
    page_of(auditor, consent)
    assert len(reads(consent.customer_id)) == len(before) + 1


def reads(customer_id: UUID) -> list[log.Event]:
    return list(log.Event.objects.reads_of(log.Subject("customer", customer_id)))


def test_a_restart_of_the_silent_port_is_told_with_who_asked(
    world: World, auditor: Client
) -> None:
    consent = open_the_port(world)
    let_it_restart(world)
    asked = ask(world)
    restart(world)
    answer(world, asked)

    page = page_of(auditor, consent)

    assert "Omstart av porten lagt i kø" in page
    assert "Måleren bekreftet at porten er startet på nytt" in page


def test_the_budget_of_queries_does_not_grow_with_the_story(
    world: World,
    auditor: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    consent = open_the_port(world)
    with django_assert_max_num_queries(MOST_QUERIES) as asked:
        page_of(auditor, consent)
    world.order_closing()
    with django_assert_num_queries(len(asked)):
        page_of(auditor, consent)


def test_a_consent_on_behalf_says_who_gave_it_and_on_what_right(
    world: World, auditor: Client
) -> None:
    right = a_representation(world.customer)
    order = world.order_opening(representation=right)
    revoke_representation(representation=right, by=BY, now=world.now)

    assert order.consent is not None
    page = " ".join(page_of(auditor, order.consent).split())

    assert "Vera Verge, verge" in page
    assert f"{right.number} (kundesenteret), dokument: 2026/1234" in page
    assert "Rett til å handle for kunden ble registrert" in page
    assert "Retten til å handle for kunden ble trukket tilbake" in page
    assert story_of(order.consent).contradictions == ()
