"""A move in which the port stood open for three days before anybody knew."""

from dataclasses import dataclass
from datetime import date, timedelta

from hanportal.accounts.models import Customer
from orders.models import Consent, LifeEvent
from tests.orders.life import (
    follow_register,
    move_in,
    move_out,
    open_the_port,
    somebody_else,
)
from tests.orders.world import NOW, World

MOVED_ON = date(2026, 10, 2)
"""A Friday; the stories stand still at noon on Monday the 5th."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """Who left, what they had consented to, who came, and the exposure."""

    consent: Consent
    newcomer: Customer
    event: LifeEvent


def a_move(world: World, *, protected: bool = False) -> Move:
    """Kari moved out on Friday, and somebody moved in; it is found on Monday."""
    world.now = NOW - timedelta(days=5)
    opening = open_the_port(world)
    world.now = NOW
    newcomer = somebody_else()
    Customer.objects.filter(pk=newcomer.pk).update(
        name="Per Innflytter", has_protected_address=protected
    )
    newcomer.refresh_from_db()
    move_out(world, on=MOVED_ON)
    move_in(newcomer, world.point, on=MOVED_ON)
    follow_register(world)
    consent = opening.consent
    assert consent is not None
    consent.refresh_from_db()
    return Move(
        consent=consent,
        newcomer=newcomer,
        event=LifeEvent.objects.exposures().get(),
    )
