"""What staff looked at."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hanportal.accounts.models import User
from hanportal.audit.log import Actor, ActorKind, Subject, record, staff_reads_chain


@transaction.atomic
def record_page_view(
    *,
    user: User,
    page: str,
    subjects: Mapping[str, str],
    customer: UUID | None,
    query: str,
    now: datetime,
) -> None:
    """Write the one read event of a page that a staff member was shown.

    :param subjects: what the page was about, by the names in its address.
    :param customer: whom it showed, where it showed one customer.
    :param query: what was searched for; kept where it can be erased.
    """
    subject = Subject("customer", customer) if customer else Subject("staff", user.id)
    record(
        chain=staff_reads_chain(user.id),
        what="page.viewed",
        who=Actor(kind=ActorKind.STAFF, reference=user.staff_number),
        on=subject,
        at=now,
        facts={"page": page, "subjects": dict(subjects)},
        personal={"query": query} if query else None,
    )
