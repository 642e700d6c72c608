"""Customers who keep changing their minds, whatever happens to the portal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from random import Random
from threading import Event
from uuid import UUID

from celery import Celery
from django.conf import settings
from django.db import connections
from django.utils import timezone
from lxml.etree import LxmlError

from hanportal.accounts.models import Customer, Identification
from hanportal.audit import log
from hanportal.demo.smoke.browser import Deviation
from hanportal.demo.smoke.minside import MinSide
from meters.models import HeadEnd, Holding, MeteringPoint
from meters.states import HanCapability
from orders import actions
from orders.models import Order, Terms
from orders.states import SecurityPlacement
from tests.processes.box import Box

FAULTS = ("F04", "F05", "F06", "F15", "F24", "F25")
SHARE_WITH_A_FAULT = 0.3
LOST = (Deviation, HTTPException, OSError, LxmlError)
REFUSED = (actions.AlreadyOrdered, actions.AlreadyOpen, actions.NothingToClose)


@dataclass
class Wishes:
    """What was ordered and acknowledged; each of it must be found again."""

    box: Box
    over: Event = field(default_factory=Event)
    placed: list[UUID] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)

    def keep_ordering(
        self, points: Sequence[tuple[Customer, MeteringPoint, str]], dice: Random
    ) -> None:
        """Through the verbs, and with their bells, from a thread of its own."""
        bell = Celery(broker=self.box.environment["REDIS_URL"])
        bell.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        try:
            while not self.over.wait(dice.uniform(0.1, 0.6)):
                customer, point, serial = dice.choice(points)
                if dice.random() < SHARE_WITH_A_FAULT:
                    fault = dice.choice(FAULTS)
                    self.box.plan_fault(fault, serial=serial, parameter="3")
                try:
                    self.placed.append(_change_of_mind(customer, point, dice).id)
                except REFUSED:
                    continue
                self._ring(bell)
        finally:
            connections.close_all()

    def keep_pressing(self, customer: MinSide, dice: Random) -> None:
        """Through the pages of Min side; who was cut off comes back."""
        while not self.over.wait(dice.uniform(0.1, 0.4)):
            try:
                card = customer.cards()[0]
                if any(link.endswith("/apne/") for link in card.links):
                    address = "kari@example.no"
                    question = customer.answers_to_opening(card, email=address)
                else:
                    question = customer.question_of_closing(card)
                self.pages.append(customer.press(question).path)
            except LOST as error:
                self.cut_off.append(str(error)[:150])
                self.over.wait(0.2)

    def _ring(self, bell: Celery) -> None:
        for head_end in HeadEnd.objects.all():
            try:
                bell.send_task(
                    "orders.dispatch_commands",
                    kwargs={"head_end_id": str(head_end.id)},
                    queue="dispatch",
                    retry=False,
                )
            except Exception:  # noqa: BLE001 -- a bell that fails is no failure
                return


def reachable_points(
    codes: Sequence[str],
) -> list[tuple[Customer, MeteringPoint, str]]:
    """Points that somebody holds, whose meter is opened from afar: its serial too."""
    found = []
    today = timezone.localdate()
    held = Holding.objects.on(today).filter(customer__died_on=None)
    for holding in held.select_related("customer"):
        point = holding.metering_point
        for installation in point.installations.on(today).select_related("meter"):
            meter = installation.meter
            is_remote = meter.han_capability == HanCapability.REMOTE
            if (
                is_remote
                and meter.head_end is not None
                and meter.head_end.code in codes
            ):
                found.append((holding.customer, point, meter.serial))
    return sorted(found, key=lambda each: each[2])


def _change_of_mind(customer: Customer, point: MeteringPoint, dice: Random) -> Order:
    by = log.Actor(log.ActorKind.CUSTOMER, str(customer.id))
    now = timezone.now()
    if dice.random() < 0.5:
        return actions.place_closing(
            customer=customer, metering_point=point, by=by, now=now
        )
    terms = Terms.objects.current(customer.language)
    return actions.place_opening(
        customer=customer,
        metering_point=point,
        agreement=actions.Agreement(
            terms=terms,
            confirmed=terms.statement_keys,
            security=SecurityPlacement.INSIDE_DWELLING,
        ),
        identification=Identification(
            issuer="https://eid.example",
            subject="subject-1",
            level="high",
            authenticated_at=now - timedelta(minutes=1),
        ),
        by=by,
        now=now,
    )
