"""What is told is told once, in the customer's language, on Min side and by e-mail."""

from datetime import timedelta

import pytest
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from hanportal.audit.log import Subject, events_about
from notifications.models import Delivery, DeliveryStatus, Message, MessageKind
from notifications.outbox import post, withdraw_unsent
from notifications.wording import IncompleteContext
from tests.notifications.conftest import NOON, customer_with, facts

pytestmark = pytest.mark.django_db


def tell(customer: Customer, kind: MessageKind, **changed: object) -> Message:
    return post(
        kind=kind,
        to=customer,
        about=uuid7(),
        outcome=f"{kind}:{uuid7()}",
        context=facts(**changed),
        at=NOON,
    )


def test_an_outcome_told_twice_is_one_message_and_one_delivery(
    customer: Customer,
) -> None:
    order = uuid7()
    told = [
        post(
            kind=MessageKind.PORT_OPEN,
            to=customer,
            about=order,
            outcome=f"port_open:{order}",
            context=facts(),
            at=NOON + timedelta(minutes=minutes),
        )
        for minutes in (0, 5)
    ]
    assert told[0] == told[1]
    assert Message.objects.count() == 1
    assert Delivery.objects.count() == 1
    told_events = events_about(Subject(kind="message", id=told[0].id))
    assert [event.what for event in told_events] == ["notice.posted"]


def test_a_customer_without_an_address_is_told_on_min_side_alone() -> None:
    message = tell(customer_with(""), MessageKind.PORT_OPEN)
    assert list(Message.objects.visible_to(message.customer)) == [message]
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(
    ("language", "subject", "first_step"),
    [
        ("nb", "HAN-porten er åpen", "Bestilt"),
        ("nn", "HAN-porten er open", "Bestilt"),
        ("en", "The HAN port is open", "Ordered"),
    ],
)
def test_a_message_is_written_in_the_language_of_its_reader(
    language: str, subject: str, first_step: str
) -> None:
    message = tell(
        customer_with("a@b.example", language=language), MessageKind.PORT_OPEN
    )
    assert (message.language, message.subject) == (language, subject)
    steps = [line for line in message.body_text.splitlines() if line.startswith("[x]")]
    assert steps[0].startswith(f"[x] {first_step}: ")
    assert len(steps) == 4


@pytest.mark.parametrize("kind", list(MessageKind))
def test_text_and_html_say_the_same_words(
    customer: Customer, kind: MessageKind
) -> None:
    message = tell(
        customer,
        kind,
        reason="Måleren tok ikke imot kommandoen.",
        representative="Vera Verge",
        ground="verge",
    )
    for line in message.body_text.splitlines():
        for words in line.removeprefix("[x] ").removeprefix("[ ] ").split(": "):
            assert words.rstrip(":") in message.body_html


def test_what_is_told_cannot_become_markup(customer: Customer) -> None:
    message = tell(customer, MessageKind.PORT_OPEN, address="<img src=x>")
    assert "<img" not in message.body_html
    assert "&lt;img src=x&gt;" in message.body_html


def test_a_message_that_lacks_a_fact_is_refused(customer: Customer) -> None:
    context = facts()
    del context["due_date"]
    with pytest.raises(IncompleteContext) as refusal:
        post(
            kind=MessageKind.ORDER_RECEIVED,
            to=customer,
            about=uuid7(),
            outcome="x",
            context=context,
            at=NOON,
        )
    assert str(refusal.value) == "A message of kind order_received needs due_date."
    assert Message.objects.count() == 0


def test_what_is_no_longer_true_is_withdrawn_unsent(customer: Customer) -> None:
    stale = tell(customer, MessageKind.PORT_OPEN)
    other = tell(customer, MessageKind.PORT_OPEN)
    withdrawn = withdraw_unsent(
        about=stale.about, kinds=[MessageKind.PORT_OPEN], at=NOON
    )
    assert withdrawn == 1
    assert list(Message.objects.visible_to(customer)) == [other]
    assert stale.deliveries.get().status == DeliveryStatus.WITHDRAWN
    assert other.deliveries.get().status == DeliveryStatus.QUEUED


def test_what_the_customer_has_read_stays_in_the_inbox(customer: Customer) -> None:
    message = tell(customer, MessageKind.PORT_OPEN)
    message.mark_read(at=NOON)
    assert (
        withdraw_unsent(about=message.about, kinds=[MessageKind.PORT_OPEN], at=NOON)
        == 0
    )
    assert list(Message.objects.visible_to(customer)) == [message]
    assert message.deliveries.get().status == DeliveryStatus.WITHDRAWN


def test_nobody_else_sees_a_customers_messages(customer: Customer) -> None:
    message = tell(customer, MessageKind.PORT_OPEN)
    stranger = customer_with("annen@fjord.example")
    assert list(Message.objects.visible_to(stranger)) == []
    assert list(Message.objects.visible_to(customer)) == [message]
