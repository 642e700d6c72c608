"""People who act for others, made by the verb that registers them."""

from datetime import date, datetime

from hanportal.accounts.actions import register_representation
from hanportal.accounts.models import (
    Customer,
    CustomerKind,
    Ground,
    Representation,
    Representative,
    Role,
    User,
)
from hanportal.audit.log import Actor, ActorKind
from tests.accounts.staff import make_staff
from tests.orders.world import NOW

# Synthetic: months above 80. Nobody has ever had this number.
VERA_ID = "17847532122"
BY = Actor(ActorKind.STAFF, "S-leader")


def the_supervisor() -> User:
    """Who leads the customer centre, the same each time."""
    known = User.objects.filter(staff_number="S-leader").first()
    return known or make_staff("leader", Role.SUPERVISOR, Role.AGENT)


def a_representation(
    represented: Customer,
    *,
    ground: Ground | None = None,
    name: str = "Vera Verge",
    national_id: str = VERA_ID,
    starts_on: date = date(2026, 1, 1),
    ends_on: date | None = None,
    now: datetime = NOW,
) -> Representation:
    """Somebody who may act for the customer, as what fits the customer."""
    is_business = represented.kind == CustomerKind.ORGANISATION
    return register_representation(
        represented=represented,
        representative=Representative(
            name=name,
            national_id=national_id,
            email="vera@post.example",
            phone="+4799887766",
        ),
        ground=ground or (Ground.BUSINESS if is_business else Ground.GUARDIAN),
        starts_on=starts_on,
        ends_on=ends_on,
        evidence="2026/1234",
        supervisor=the_supervisor(),
        by=BY,
        now=now,
    )


def a_business(number: str = "B1", *, email: str = "post@bakeri.example") -> Customer:
    """An organisation in the register."""
    return Customer.objects.create(
        customer_number=number,
        kind=CustomerKind.ORGANISATION,
        name="Fjordbakeriet AS",
        organisation_number="310000027",
        email=email,
    )
