"""One of everything that an address can name, and one of everybody who can ask for it.

Everything belongs to one customer. The other customer has the same rights and owns none
of it, so a page that forgets whose it is would show it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from hanportal.accounts.actions import (
    add_app,
    choose_password,
    revoke_representation,
)
from hanportal.accounts.guards.acting import CHOSEN_KEY
from hanportal.accounts.login import IDENTIFICATION_KEY, PERSON_KEY
from hanportal.accounts.models import Customer, Representation, Role, Scope, User
from meters.models import (
    DeliveryKind,
    DeliveryState,
    EventKind,
    EventOutcome,
    HeadEnd,
    MeteringPoint,
    RegisterDelivery,
    RegisterEvent,
)
from notifications.models import Message
from orders import fulfilment
from orders.models import Case, Command, Exchange
from orders.states import CaseKind, CommandCause
from tests.accounts.representing import BY, a_representation
from tests.accounts.staff import logged_in, make_staff
from tests.api.machine import a_machine
from tests.orders.world import World, a_customer, a_point_with_meter, build_world

PASSWORD = "fire rolige hester om høsten"
PEOPLE = (
    "anonymous",
    "customer",
    "another_customer",
    "not_a_customer",
    "representative",
    "former_representative",
    "half_way",
    "no_role",
    "agent",
    "supervisor",
    "operator",
    "auditor",
    "administrator",
    "machine",
    "reading_machine",
)
MACHINES = ("machine", "reading_machine")
"""Nobody to every page but those of the machine interface."""


def every_route(
    resolver: URLResolver | None = None, namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route of the portal, by its full name."""
    for entry in (resolver or get_resolver("hanportal.urls")).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else namespace
            yield from every_route(entry, inner)
        else:
            yield f"{namespace}{entry.name}", entry


@dataclass
class RightsWorld:
    """The things, and a browser for each of the people."""

    browsers: dict[str, Client] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)

    def address(self, route: str, pattern: URLPattern) -> str:
        """The route's address about the customer's things."""
        wanted = pattern.pattern.converters or pattern.pattern.regex.groupindex
        special = SPECIAL.get(route)
        specific = {**self.names, **(special(self) if special else {})}
        return reverse(route, kwargs={name: specific[name] for name in wanted})


SPECIAL: dict[str, Callable[[RightsWorld], dict[str, Any]]] = {
    "admin:accounts_rolegrant_change": lambda world: {
        "object_id": world.names["grant_id"]
    },
    "admin:meters_headend_change": lambda world: {
        "object_id": world.names["head_end_id"]
    },
    **{
        f"console:fitter{rest}": lambda world: {
            "head_end_id": world.names["manual_head_end_id"],
            "command_id": world.names["manual_command_id"],
        }
        for rest in ("s_file", "s_results", "_task")
    },
    **{
        f"minside:open_{step}": lambda world: {
            "point_id": world.names["closed_point_id"]
        }
        for step in ("before", "terms", "notices", "check")
    },
}


def build_rights_world() -> RightsWorld:
    """Everything and everybody, at the moment that the test stands still at."""
    world = build_world()
    order = world.order_opening()
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    colleague = make_staff("colleague", Role.AGENT)
    add_app(user=colleague, secret="JBSWY3DPEHPK3PXP", now=world.now)
    grant = colleague.role_grants.get()
    closed, _ = a_point_with_meter(world.customer, world.head_end, number=2)
    made = RightsWorld(
        names={
            "point_id": world.point.id,
            "order_id": order.id,
            "message_id": Message.objects.get().id,
            "customer_id": world.customer.id,
            "consent_id": order.consent_id,
            "exchange_id": Exchange.objects.get().id,
            "key": "street_address",
            "name": "forfaller",
            "code": world.head_end.code,
            "person_id": colleague.id,
            "object_id": colleague.id,
            "grant_id": grant.id,
            "head_end_id": world.head_end.id,
            "closed_point_id": closed.id,
            "factor_id": Authenticator.objects.get(user=colleague).pk,
            "app_label": "accounts",
            "gsrn": world.point.gsrn,
            "sender_id": _an_event(world.point, world.now).sender_id,
            "anything": "else",
            "verb": "sla-av",
            "case_id": a_case(world).id,
            "case_verb": "lukk",
            "command_id": world.newest_command().id,
            "delivery_id": a_held_delivery().id,
        }
    )
    by_hand = a_fitters_task(world)
    made.names["manual_head_end_id"] = by_hand.port.meter.head_end_id
    made.names["manual_command_id"] = by_hand.id
    acting = a_representation(world.customer)
    former = a_representation(
        world.customer, name="Ferdig Verge", national_id="11829045623"
    )
    revoke_representation(representation=former, by=BY, now=world.now)
    made.names["representation_id"] = acting.id
    made.browsers = _everybody(world.customer)
    made.browsers["representative"] = _by_eid(None, acts_on=acting)
    made.browsers["former_representative"] = _by_eid(None, acts_on=former)
    return made


def a_case(world: World) -> Case:
    """Work for a human, about the customer's order."""
    return Case.open_for_port(
        CaseKind.COMMAND_EXPIRED,
        command=world.newest_command(),
        detail="As the test wants it.",
        by=BY,
        at=world.now,
    )


def a_fitters_task(world: World) -> Command:
    """A closing on the list of a head-end that has no wires."""
    manual = HeadEnd.objects.create(
        code="hand", name="Montør", profile=HeadEnd.Profile.MANUAL
    )
    _, port = a_point_with_meter(world.customer, manual, number=3)
    command = Command.queue(
        port=port,
        cause=CommandCause.RECONCILIATION,
        order=None,
        consent=None,
        expires_at=None,
        by=BY,
        at=world.now,
    )
    fulfilment.dispatch(head_end=manual, clock=world.clock)
    return command


def _an_event(point: MeteringPoint, now: datetime) -> RegisterEvent:
    """What a machine of the same system told."""
    return RegisterEvent.objects.create(
        sender="kis",
        sender_id="s-1",
        kind=EventKind.SUPPLIER_SWITCHED,
        metering_point=point,
        effective_on=now.date(),
        digest="0" * 64,
        received_at=now,
        outcome=EventOutcome.NO_EFFECT,
    )


def a_held_delivery() -> RegisterDelivery:
    """A complete delivery that waits for two people."""
    return RegisterDelivery.objects.create(
        kind=DeliveryKind.COMPLETE,
        state=DeliveryState.HELD,
        folder="/nowhere",
        digest="0" * 64,
        created_at=timezone.now(),
        imported_at=timezone.now(),
        holdings_ended=200,
    )


def _everybody(customer: Customer) -> dict[str, Client]:
    other = a_customer("K2", national_id="01908000230")
    make_staff("boss", Role.ADMINISTRATOR)
    roles = {role.value: logged_in(make_staff(role.value, role)) for role in Role}
    return {
        "anonymous": Client(),
        "customer": _by_eid(customer),
        "another_customer": _by_eid(other),
        "not_a_customer": _by_eid(None),
        "half_way": _half_way(),
        "no_role": logged_in(make_staff("newcomer")),
        **roles,
        "machine": _by_token("everything", frozenset(Scope)),
        "reading_machine": _by_token("reads", frozenset({Scope.REGISTER_READ})),
    }


def _by_eid(
    customer: Customer | None, *, acts_on: Representation | None = None
) -> Client:
    user = User.objects.create(customer=customer, display_name="Kari Nordmann")
    client = Client()
    client.force_login(user)
    session = client.session
    session[IDENTIFICATION_KEY] = {
        "issuer": "https://eid.example",
        "subject": str(user.id),
        "level": "idporten-loa-high",
        "authenticated_at": timezone.now().isoformat(),
    }
    if acts_on is not None:
        version, hash_ = acts_on.national_id_key_version, acts_on.national_id_hash
        session[PERSON_KEY] = {str(version): hash_}
        session[CHOSEN_KEY] = str(acts_on.id)
    session.save()
    return client


def _by_token(code: str, scopes: frozenset[Scope]) -> Client:
    machine = a_machine(code, scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {machine.token}"})


def _half_way() -> Client:
    """Every role there is, and only the password given."""
    user = make_staff("halfway", *Role)
    choose_password(user=user, password=PASSWORD, now=timezone.now())
    add_app(user=user, secret="JBSWY3DPEHPK3PXP", now=timezone.now())
    client = Client()
    client.post("/ansatt/logg-inn/", {"email": user.email, "password": PASSWORD})
    return client
