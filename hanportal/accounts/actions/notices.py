"""Telling staff by e-mail what was done with their own login. It only writes rows."""

from collections.abc import Mapping
from datetime import datetime

from hanportal.accounts.models import NoticeKind, RoleGrant, StaffNotice, User
from hanportal.audit.log import Json


def tell(
    *,
    user: User,
    kind: NoticeKind,
    now: datetime,
    facts: Mapping[str, Json] | None = None,
) -> StaffNotice:
    """Let a staff member know. Must be called in the transaction of what happened."""
    return StaffNotice.objects.add(
        StaffNotice(
            user=user,
            kind=kind,
            address=user.email,
            facts=dict(facts or {}),
            created_at=now,
        )
    )


def tell_administrators(
    *, kind: NoticeKind, about: User, but: User | None, now: datetime
) -> None:
    """Let those who give roles know of something done to one of the staff.

    :param about: whom it was done to; never told by this.
    :param but: who did it.
    """
    unaware = RoleGrant.objects.other_administrators(than=about)
    if but is not None:
        unaware = unaware.exclude(user=but)
    for grant in unaware.select_related("user").order_by("granted_at", "id"):
        facts = {"name": about.display_name, "staff_number": about.staff_number}
        tell(user=grant.user, kind=kind, now=now, facts=facts)
