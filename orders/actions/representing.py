"""Who may act for a customer: the customer centre registers, the customer is told.

The rules are those of `hanportal.accounts.actions`; here they meet the messages.
"""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts import actions as accounts
from hanportal.accounts.models import (
    Customer,
    Ground,
    Representation,
    Representative,
    User,
)
from hanportal.audit import log
from notifications import outbox
from notifications.models import MessageKind
from orders.deadlines import oslo_date


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
    died_on: date | None,
    supervisor: User,
    by: log.Actor,
    now: datetime,
) -> Representation:
    """Let a person act for a customer, and tell the customer.

    :param died_on: when the customer died, where the register does not say it yet. What
        it does to their consents is a life event (`orders.reconciliation`).
    :raises NotASupervisor, InvalidNationalId, GroundDoesNotFit, NotDead, OnlyPeopleDie,
        RepresentsThemselves: as in `hanportal.accounts.actions`, which has these.
    """
    if died_on is not None:
        accounts.record_death(
            customer=represented,
            died_on=died_on,
            today=oslo_date(now),
            by=by,
            now=now,
        )
    made = accounts.register_representation(
        represented=represented,
        representative=representative,
        ground=ground,
        starts_on=starts_on,
        ends_on=ends_on,
        evidence=evidence,
        supervisor=supervisor,
        by=by,
        now=now,
    )
    _tell(MessageKind.REPRESENTATION_REGISTERED, made, at=now)
    return made


@transaction.atomic
def revoke_representation(
    *, representation: Representation, by: log.Actor, now: datetime
) -> None:
    """Let nobody act on it any more, and tell the customer. Twice is once.

    What was consented to before stays: it is the customer's consent.
    """
    if accounts.revoke_representation(representation=representation, by=by, now=now):
        _tell(MessageKind.REPRESENTATION_ENDED, representation, at=now)


def _tell(kind: MessageKind, representation: Representation, *, at: datetime) -> None:
    customer = Customer.objects.get(pk=representation.represented_id)
    outbox.post(
        kind=kind,
        to=customer,
        about=representation.id,
        outcome=f"{kind}:{representation.id}",
        context={
            "represented": customer.name,
            "representative": representation.name,
            "ground": Ground(representation.ground).label,
            "starts_on": representation.starts_on,
            "ends_on": representation.ends_on,
            "url": f"{settings.PORTAL_BASE_URL}/min-side/",
        },
        at=at,
    )
    outbox.ring()
