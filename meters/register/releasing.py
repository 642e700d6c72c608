"""Two people let a held delivery end what it lacks."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hanportal.accounts.models import Role, RoleGrant, User
from hanportal.audit.log import Actor, ActorKind, record
from meters.models import DeliveryState, RegisterDelivery
from meters.register.importing import import_released, lock_register
from meters.register.progress import Progress
from meters.register.recording import CHAIN, import_subject
from meters.register.report import ImportReport

MAY_RELEASE = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


class ReleaseRefused(Exception):  # noqa: N818 -- the outcome's name
    """The delivery can't be released so, and nothing changed. Says what to do."""


@transaction.atomic
def release_delivery(
    delivery_id: UUID,
    *,
    by: User,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport | None:
    """Release a held delivery; the second person's release imports it again.

    Gives the import's report, or None when another person must release it too.

    :raises ReleaseRefused: not held any more, not the newest, or not this person's.
    :raises RegisterUnusable: the files are not those that were held.
    :raises ImportRunning: an import holds the register.
    """
    with connection.cursor() as cursor:
        lock_register(cursor)
    delivery = RegisterDelivery.objects.select_for_update().filter(pk=delivery_id)
    held = _releasable(delivery.first(), by=by)
    if held.first_released_by_id is None:
        held.release_first(by=by, at=now)
        _record("register.release_begun", held, by=by, at=now)
        return None
    held.release_second(by=by, at=now)
    _record("register.released", held, by=by, at=now)
    return import_released(held, now=now, progress=progress)


def _releasable(delivery: RegisterDelivery | None, *, by: User) -> RegisterDelivery:
    if not (
        by.is_staff and by.is_active and MAY_RELEASE & RoleGrant.objects.roles_of(by)
    ):
        raise ReleaseRefused(
            _("Bare aktive ledere og administratorer kan frigi en leveranse.")
        )
    if delivery is None or delivery.state != DeliveryState.HELD:
        raise ReleaseRefused(_("Ingen leveranse med denne ID-en er holdt tilbake."))
    if RegisterDelivery.objects.after(delivery).exists():
        raise ReleaseRefused(
            _(
                "Registeret er endret av en nyere leveranse. Importer en ny "
                "fullstendig leveranse i stedet."
            )
        )
    if delivery.first_released_by_id == by.pk:
        raise ReleaseRefused(
            _("Du har frigitt leveransen allerede. Den andre må være en annen.")
        )
    return delivery


def _record(what: str, delivery: RegisterDelivery, *, by: User, at: datetime) -> None:
    record(
        chain=CHAIN,
        what=what,
        who=Actor(ActorKind.STAFF, by.staff_number),
        on=import_subject(delivery.id),
        at=at,
        facts={
            "digest": delivery.digest,
            "holdings": delivery.holdings_ended,
            "installations": delivery.installations_ended,
        },
    )
