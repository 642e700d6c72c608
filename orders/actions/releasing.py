"""Two people let the automatic closings through that the brake holds."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hanportal.accounts.models import Role, RoleGrant, User
from hanportal.audit import log
from orders.deadlines import oslo_date
from orders.models import ClosingBrake, ClosingRelease, database_now

CHAIN = "closing-brake"
"""The audit chain of releases."""

MAY_RELEASE = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


class ClosingReleaseRefused(Exception):  # noqa: N818 -- the outcome's name
    """The closings can't be released so, and nothing changed. Says what to do."""


@transaction.atomic
def release_closings(*, by: User, now: datetime) -> ClosingRelease:
    """Let what is held now leave; it does when a second person has done the same.

    Closings that come to be held later are no part of it.

    :raises ClosingReleaseRefused: nothing is held, or it is not this person's to do.
    """
    today = oslo_date(now)
    ClosingBrake.objects.locked(on=today)
    held = ClosingBrake.objects.held(at=database_now(), now=now)
    begun = ClosingRelease.objects.begun(on=today).select_for_update().first()
    _require_right(by)
    if not held:
        raise ClosingReleaseRefused(_("Bremsen holder ingen stenginger nå."))
    if begun is None:
        begun = ClosingRelease.begin(number=held, on=today, by=by, at=now)
        _record("closings.release_begun", begun, by=by, at=now)
        return begun
    if begun.first_released_by_id == by.pk:
        raise ClosingReleaseRefused(
            _("Du har frigitt stengingene allerede. Den andre må være en annen.")
        )
    begun.complete(number=held, by=by, at=now)
    _record("closings.released", begun, by=by, at=now)
    return begun


def _require_right(by: User) -> None:
    works_here = by.is_staff and by.is_active
    if not (works_here and MAY_RELEASE & RoleGrant.objects.roles_of(by)):
        raise ClosingReleaseRefused(
            _("Bare aktive ledere og administratorer kan frigi stenginger.")
        )


def _record(what: str, release: ClosingRelease, *, by: User, at: datetime) -> None:
    log.record(
        chain=CHAIN,
        what=what,
        who=log.Actor(log.ActorKind.STAFF, by.staff_number),
        on=log.Subject("closing_release", release.id),
        at=at,
        facts={"day": release.day.isoformat(), "number": release.number},
    )
