"""Delivery: each outcome leaves once, whatever dies on the way (invariant I5)."""

import itertools
import threading
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.core.mail import get_connection
from django.db import connection, transaction
from pytest_django.fixtures import Settings
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from hanportal.audit.log import Actor, ActorKind, Subject, events_about
from notifications import delivery as senders
from notifications.channels.email import send
from notifications.delivery import Round, deliver_due
from notifications.models import (
    Delivery,
    DeliveryStatus,
    ForbiddenDeliveryTransition,
    Message,
    MessageKind,
)
from notifications.outbox import post, withdraw_unsent
from notifications.states import BACKOFF, TRANSITIONS
from tests.notifications.conftest import NOON, MailServer, customer_with, facts

SYSTEM = Actor(kind=ActorKind.SYSTEM, reference="test")


def clock() -> datetime:
    return NOON


def tell(customer: Customer, kind: MessageKind = MessageKind.PORT_OPEN) -> Message:
    return post(
        kind=kind,
        to=customer,
        about=uuid7(),
        outcome=f"{kind}:{uuid7()}",
        context=facts(),
        at=NOON,
    )


def let_the_lease_run_out(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        lease_expires_at=NOON - timedelta(days=1000)
    )


def let_the_wait_be_over(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        not_before=NOON - timedelta(days=1000)
    )


@pytest.mark.django_db
def test_a_letter_says_what_min_side_says_and_loads_nothing(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    assert deliver_due(clock=clock) == Round(sent=1)
    (letter,) = mail_server.letters
    text = letter.get_body(("plain",))
    html = letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert letter["To"] == "styret@fjelltoppen.example"
    assert letter["From"] == "Fjordnett <han@fjordnett.example>"
    assert letter["Subject"] == message.subject
    assert text.get_content().split() == message.body_text.split()
    markup = html.get_content()
    assert 'style="' in markup
    for loaded in ("<style", "<link", "<img", "<script", "src=", "url("):
        assert loaded not in markup
    delivery = message.deliveries.get()
    assert letter["Message-ID"] == delivery.mail_message_id
    assert (delivery.status, delivery.sent_at) == (DeliveryStatus.SENT, NOON)
    events = events_about(Subject(kind="message", id=message.id))
    assert [event.what for event in events] == ["notice.posted", "notice.sent"]


@pytest.mark.django_db
def test_a_second_round_sends_nothing_again(
    customer: Customer, mail_server: MailServer
) -> None:
    tell(customer)
    deliver_due(clock=clock)
    assert deliver_due(clock=clock) == Round()
    assert len(mail_server.letters) == 1


@pytest.mark.django_db
def test_killed_between_250_and_settling_the_repeat_is_the_same_letter(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    claimed = senders._claim()
    assert claimed is not None
    send(senders._letter(claimed), connection=get_connection())
    # Here the sender was killed. Its lease runs out, and the next one takes over.
    assert deliver_due(clock=clock) == Round()
    let_the_lease_run_out(claimed)
    assert deliver_due(clock=clock) == Round(sent=1)
    ids = [letter["Message-ID"] for letter in mail_server.letters]
    assert ids == [claimed.mail_message_id] * 2
    assert message.deliveries.get().attempts == 2


@pytest.mark.django_db
def test_a_sender_who_wakes_too_late_settles_nothing(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    sleeper = senders._claim()
    assert sleeper is not None
    let_the_lease_run_out(sleeper)
    second = senders._claim()
    assert second is not None
    senders._settle(sleeper, DeliveryStatus.FAILED, clock=clock, reason="asleep")
    assert message.deliveries.get().status == DeliveryStatus.INFLIGHT
    senders._settle(second, DeliveryStatus.SENT, clock=clock, reason="")
    assert message.deliveries.get().status == DeliveryStatus.SENT


@pytest.mark.django_db
def test_a_withdrawn_message_never_leaves(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    withdraw_unsent(about=message.about, kinds=[MessageKind.PORT_OPEN], at=NOON)
    assert deliver_due(clock=clock) == Round()
    assert mail_server.letters == []


@pytest.mark.django_db
def test_withdrawn_while_a_dead_sender_held_it_it_never_leaves(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    claimed = senders._claim()
    assert claimed is not None
    withdraw_unsent(about=message.about, kinds=[MessageKind.PORT_OPEN], at=NOON)
    let_the_lease_run_out(claimed)
    assert deliver_due(clock=clock) == Round(withdrawn=1)
    assert mail_server.letters == []
    assert message.deliveries.get().status == DeliveryStatus.WITHDRAWN


@pytest.mark.django_db
def test_withdrawn_too_late_it_stands_in_the_inbox_after_all(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    claimed = senders._claim()
    assert claimed is not None
    withdraw_unsent(about=message.about, kinds=[MessageKind.PORT_OPEN], at=NOON)
    assert list(Message.objects.visible_to(customer)) == []
    senders._settle(claimed, DeliveryStatus.SENT, clock=clock, reason="")
    assert list(Message.objects.visible_to(customer)) == [message]


@pytest.mark.django_db
def test_a_temporary_no_is_tried_again_after_a_wait(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    mail_server.answers = ["451 Come back later"]
    assert deliver_due(clock=clock) == Round(given_back=1)
    assert deliver_due(clock=clock) == Round()
    delivery = message.deliveries.get()
    assert (delivery.status, delivery.last_error) == ("awaiting_retry", "SMTP 451")
    let_the_wait_be_over(delivery)
    assert deliver_due(clock=clock) == Round(sent=1)
    assert len(mail_server.letters) == 1


@pytest.mark.django_db
def test_a_permanent_no_ends_it_and_stands_in_the_log(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    mail_server.answers = ["550 No such person"]
    assert deliver_due(clock=clock) == Round(failed=1)
    delivery = message.deliveries.get()
    assert (delivery.status, delivery.last_error) == ("failed", "SMTP 550")
    events = events_about(Subject(kind="message", id=message.id))
    assert [event.what for event in events] == ["notice.posted", "notice.failed"]


@pytest.mark.django_db
def test_patience_ends_after_the_last_wait(
    customer: Customer, mail_server: MailServer
) -> None:
    message = tell(customer)
    mail_server.answers = ["451 Come back later"] * (len(BACKOFF) + 1)
    rounds = []
    for _attempt in range(len(BACKOFF) + 1):
        let_the_wait_be_over(message.deliveries.get())
        rounds.append(deliver_due(clock=clock))
    assert rounds == [Round(given_back=1)] * len(BACKOFF) + [Round(failed=1)]


@pytest.mark.django_db
def test_when_the_mail_server_is_away_one_attempt_is_spent_and_the_rest_wait(
    customer: Customer, mail_server: MailServer, settings: Settings
) -> None:
    tell(customer)
    tell(customer)
    port = settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    assert deliver_due(clock=clock) == Round(given_back=1)
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 1]
    settings.EMAIL_PORT = port
    assert deliver_due(clock=clock) == Round(sent=1)


@pytest.mark.django_db
def test_a_full_batch_says_that_there_is_more(
    customer: Customer, mail_server: MailServer
) -> None:
    for _number in range(3):
        tell(customer)
    assert deliver_due(clock=clock, limit=2) == Round(sent=2, has_more=True)
    assert deliver_due(clock=clock, limit=2) == Round(sent=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product(DeliveryStatus, repeat=2))
)
def test_a_delivery_moves_only_as_the_table_says(
    customer: Customer, before: DeliveryStatus, after: DeliveryStatus
) -> None:
    delivery = tell(customer).deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(
        status=before, lease_expires_at=NOON, sent_at=NOON
    )
    delivery.refresh_from_db()
    if after in TRANSITIONS[before]:
        if after == DeliveryStatus.INFLIGHT:
            delivery.claim(for_the_next=settings.NOTICE_LEASE)
        elif after == DeliveryStatus.AWAITING_RETRY:
            delivery.give_back(wait=BACKOFF[0], error="x")
        else:
            delivery.transition_to(after, by=SYSTEM, at=NOON)
        delivery.refresh_from_db()
        assert delivery.status == after
    else:
        with pytest.raises(ForbiddenDeliveryTransition):
            delivery.transition_to(after, by=SYSTEM, at=NOON)


def test_senders_at_once_send_each_letter_once(
    committed_database: str, mail_server: MailServer
) -> None:
    customer = customer_with("styret@fjelltoppen.example")
    sent_ids = set()
    for _number in range(24):
        sent_ids.add(tell(customer).deliveries.get().mail_message_id)
    start = threading.Barrier(4)

    def work_off() -> None:
        start.wait()
        deliver_due(clock=clock)
        connection.close()

    threads = [threading.Thread(target=work_off) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [letter["Message-ID"] for letter in mail_server.letters]
    assert len(ids) == 24
    assert set(ids) == sent_ids


def test_a_withdrawal_racing_the_senders_neither_hangs_nor_lies(
    committed_database: str, mail_server: MailServer
) -> None:
    customer = customer_with("styret@fjelltoppen.example")
    messages = [tell(customer) for _number in range(20)]
    start = threading.Barrier(2)
    finished: list[str] = []

    def work_off() -> None:
        start.wait()
        deliver_due(clock=clock)
        finished.append("sender")
        connection.close()

    def withdraw() -> None:
        start.wait()
        for message in reversed(messages):
            with transaction.atomic():
                withdraw_unsent(
                    about=message.about, kinds=[MessageKind.PORT_OPEN], at=NOON
                )
        finished.append("withdrawer")
        connection.close()

    threads = [threading.Thread(target=work_off), threading.Thread(target=withdraw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(finished) == ["sender", "withdrawer"]
    in_the_inbox = {
        message.deliveries.get().mail_message_id
        for message in Message.objects.visible_to(customer)
    }
    assert {letter["Message-ID"] for letter in mail_server.letters} == in_the_inbox
