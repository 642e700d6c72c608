"""The inbox: the words of the e-mails, and how many are unread."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications.models import Message, MessageKind
from notifications.outbox import withdraw_unsent
from tests.minside.conftest import LogIn
from tests.orders.world import World, a_customer

MOST_QUERIES = 7


def unread(page: str) -> str:
    found = re.search(r'data-count="(\d+)"', page)
    return found[1] if found else "0"


def test_a_message_is_unread_until_it_is_opened(world: World, kari: Client) -> None:
    world.order_opening()
    message = Message.objects.get()
    inbox = kari.get("/min-side/innboks/").content.decode()
    assert unread(inbox) == "1"
    assert message.subject in inbox
    page = kari.get(f"/min-side/innboks/{message.id}/").content.decode()
    assert message.body_html in page
    assert unread(page) == "0"
    message.refresh_from_db()
    assert message.read_at == world.now


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Purpose": "prefetch;anonymous-client-ip"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "prefetch"},
    ],
)
def test_a_page_that_is_fetched_ahead_is_not_read(
    world: World, kari: Client, said: dict[str, str]
) -> None:
    world.order_opening()
    message = Message.objects.get()
    address = f"/min-side/innboks/{message.id}/"

    ahead = kari.get(address, headers=said)
    kari.head(address)
    message.refresh_from_db()

    assert (ahead.status_code, message.read_at) == (503, None)
    assert message.subject not in ahead.content.decode()
    kari.get(address, headers={"Sec-Purpose": "navigate"})
    message.refresh_from_db()
    assert message.read_at == world.now


def test_what_was_withdrawn_is_not_in_the_inbox(world: World, kari: Client) -> None:
    order = world.order_opening()
    message = Message.objects.get()
    withdraw_unsent(about=order.id, kinds=[MessageKind.ORDER_RECEIVED], at=world.now)
    assert message.subject not in kari.get("/min-side/innboks/").content.decode()
    assert kari.get(f"/min-side/innboks/{message.id}/").status_code == 404


def test_other_peoples_messages_do_not_exist(world: World, log_in: LogIn) -> None:
    world.order_opening()
    message = Message.objects.get()
    stranger = log_in(a_customer("K2", national_id="01908000249"))
    assert stranger.get(f"/min-side/innboks/{message.id}/").status_code == 404
    inbox = stranger.get("/min-side/innboks/").content.decode()
    assert "Du har ingen meldinger ennå." in inbox
    assert message.subject not in inbox
    message.refresh_from_db()
    assert message.read_at is None


def test_the_inbox_asks_for_a_login() -> None:
    answer = Client().get("/min-side/innboks/")
    assert answer["Location"] == "/logg-inn/?next=%2Fmin-side%2Finnboks%2F"


def test_the_inbox_keeps_its_query_budget(
    world: World,
    kari: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    world.order_opening()
    world.order_closing()
    with django_assert_max_num_queries(MOST_QUERIES):
        kari.get("/min-side/innboks/")
