"""Who may act for whom is registered, revoked and used; each leaves its event."""

from datetime import date, datetime
from secrets import choice
from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.models import (
    Customer,
    CustomerKind,
    Ground,
    Representation,
    RepresentationSource,
    Representative,
    Role,
    User,
)
from hanportal.accounts.models.representations import sealed_for
from hanportal.accounts.sealing import seal_national_id
from hanportal.audit.log import Actor, Subject, customer_chain, record

SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class NotASupervisor(Exception):  # noqa: N818 -- errors are sentences
    """Only who leads the customer centre does this. Again will not help."""


class GroundDoesNotFit(Exception):  # noqa: N818 -- errors are sentences
    """Somebody acts for a business, a person or an estate; the customer is another."""


class RepresentsThemselves(Exception):  # noqa: N818 -- errors are sentences
    """Nobody is registered to act for themselves. Check both national ids."""


class NotDead(Exception):  # noqa: N818 -- errors are sentences
    """An estate acts for who has died. Record the death first."""


class OnlyPeopleDie(Exception):  # noqa: N818 -- errors are sentences
    """The customer is no person, or the date lies ahead. Check the customer."""


@sensitive_variables("representative")
@transaction.atomic
def register_representation(
    *,
    represented: Customer,
    representative: Representative,
    ground: Ground,
    starts_on: date,
    ends_on: date | None,
    evidence: str,
    supervisor: User,
    by: Actor,
    now: datetime,
) -> Representation:
    """Let a person act for a customer, on a document that the customer centre has seen.

    :raises NotASupervisor: the staff member does not lead the customer centre.
    :raises InvalidNationalId: the representative's is none.
    :raises GroundDoesNotFit: a business for a person, or the other way round.
    :raises NotDead: an estate of somebody who lives.
    :raises RepresentsThemselves: both are the same person.
    """
    if not supervisor.has_role(Role.SUPERVISOR):
        raise NotASupervisor("Ask who leads the customer centre to register this.")
    held = Customer.objects.select_for_update(no_key=True).get(pk=represented.pk)
    _require_fit(held, ground)
    made = Representation.objects.create(
        represented=held,
        name=representative.name,
        email=representative.email,
        phone=representative.phone,
        ground=ground,
        starts_on=starts_on,
        ends_on=ends_on,
        evidence=evidence,
        registered_at=now,
        registered_by=by.reference,
        **_known_by(representative, held),
    )
    record(
        chain=customer_chain(held.id),
        what="representation.registered",
        who=by,
        on=Subject(kind="representation", id=made.id),
        at=now,
        facts={
            "ground": str(made.ground),
            "source": str(made.source),
            "number": made.number,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat() if ends_on else None,
        },
        personal={"representative": made.name, "evidence": made.evidence},
    )
    return made


@transaction.atomic
def revoke_representation(
    *, representation: Representation, by: Actor, now: datetime
) -> bool:
    """Let it hold no longer, from the next request on; False if it did not before."""
    held = Representation.objects.select_for_update().get(pk=representation.pk)
    if held.revoked_at is not None:
        return False
    held.revoke(by=by.reference, at=now)
    record(
        chain=customer_chain(held.represented_id),
        what="representation.revoked",
        who=by,
        on=Subject(kind="representation", id=held.id),
        at=now,
        facts={"ground": str(held.ground), "number": held.number},
    )
    return True


@transaction.atomic
def begin_acting(*, representation: Representation, by: Actor, now: datetime) -> None:
    """Write in the represented customer's log that somebody now acts for them."""
    record(
        chain=customer_chain(representation.represented_id),
        what="representation.acting",
        who=by,
        on=Subject(kind="representation", id=representation.id),
        at=now,
        facts={"ground": str(representation.ground), "number": representation.number},
    )


@transaction.atomic
def record_death(
    *, customer: Customer, died_on: date, today: date, by: Actor, now: datetime
) -> None:
    """Keep when a customer died. The same date again writes nothing.

    :raises OnlyPeopleDie: the customer is an organisation, or the date lies ahead.
    """
    if customer.kind != CustomerKind.PERSON or died_on > today:
        raise OnlyPeopleDie("Only a person, and not on a day to come.")
    _keep_death(customer, died_on, by=by, now=now)


@transaction.atomic
def correct_death(*, customer: Customer, by: Actor, now: datetime) -> None:
    """The customer is alive: take the date away. What has ended stays ended."""
    _keep_death(customer, None, by=by, now=now)


def _keep_death(
    customer: Customer, died_on: date | None, *, by: Actor, now: datetime
) -> None:
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if held.died_on == died_on:
        return
    held.mark_dead(died_on=died_on)
    record(
        chain=customer_chain(held.id),
        what="customer.died" if died_on else "customer.death_corrected",
        who=by,
        on=Subject(kind="customer", id=held.id),
        at=now,
        personal={"died_on": died_on.isoformat()} if died_on else None,
    )


def _require_fit(represented: Customer, ground: Ground) -> None:
    is_business = represented.kind == CustomerKind.ORGANISATION
    if is_business != (ground == Ground.BUSINESS):
        raise GroundDoesNotFit(f"{ground.label} does not fit a {represented.kind}.")
    if ground == Ground.ESTATE and represented.died_on is None:
        raise NotDead("Record the death before registering the estate.")


@sensitive_variables("representative")
def _known_by(representative: Representative, represented: Customer) -> dict[str, Any]:
    """The columns by which the eID finds the representative."""
    source, number = RepresentationSource.CONSOLE, _new_number()
    sealed = seal_national_id(
        representative.national_id, customer_number=sealed_for(source, number)
    )
    if sealed.hash == represented.national_id_hash:
        raise RepresentsThemselves("The representative is the customer in person.")
    return {
        "source": source,
        "number": number,
        "national_id_hash": sealed.hash,
        "national_id_sealed": sealed.sealed,
        "national_id_key_version": sealed.key_version,
    }


def _new_number() -> str:
    return "R-" + "".join(choice(SIGNS) for _ in range(8))
