"""What staff looked at, and what they were refused."""

import hashlib
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from hanportal.accounts.models import Tries, User
from hanportal.audit.log import Actor, ActorKind, Subject, record, staff_reads_chain

REFUSALS_WINDOW = timedelta(minutes=15)
TIMES_WRITTEN = 10
"""Of refusals of one page, the first, tenth, hundredth … in a window are written."""


@transaction.atomic
def record_page_view(
    *,
    user: User,
    page: str,
    subjects: Mapping[str, str],
    customer: UUID | None,
    query: str,
    now: datetime,
    point: UUID | None = None,
) -> None:
    """Write the one read event of a page that a staff member was shown.

    :param subjects: what the page was about, by the names in its address.
    :param customer: whom it showed, where it showed one customer.
    :param query: what was searched for; kept where it can be erased.
    :param point: the metering point, where it showed everybody who held it.
    """
    subject = Subject("staff", user.id)
    if customer is not None:
        subject = Subject("customer", customer)
    elif point is not None:
        subject = Subject("metering_point", point)
    record(
        chain=staff_reads_chain(user.id),
        what="page.viewed",
        who=Actor(kind=ActorKind.STAFF, reference=user.staff_number),
        on=subject,
        at=now,
        facts={"page": page, "subjects": dict(subjects)},
        personal={"query": query} if query else None,
    )


@transaction.atomic
def record_refused_page(
    *, user: User, page: str, subjects: Mapping[str, str], reason: str, now: datetime
) -> None:
    """Write that a staff member was refused a page, without letting them fill the log.

    :param reason: `forbidden` where the role is missing, `not_found` otherwise.
    """
    name = f"refused\x00{user.pk}\x00{page}\x00{reason}"
    key = hashlib.sha256(name.encode()).hexdigest()
    times = Tries.objects.count_one(key, window=REFUSALS_WINDOW, now=now)
    if not _is_written(times):
        return
    record(
        chain=staff_reads_chain(user.id),
        what="page.refused",
        who=Actor(kind=ActorKind.STAFF, reference=user.staff_number),
        on=Subject("staff", user.id),
        at=now,
        facts={
            "page": page,
            "subjects": dict(subjects),
            "reason": reason,
            "times": times,
        },
    )


def _is_written(times: int) -> bool:
    return bool(times == TIMES_WRITTEN ** round(math.log(times, TIMES_WRITTEN)))
