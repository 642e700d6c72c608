"""What happens to customers: logins are recorded, national ids sealed."""

from datetime import datetime

from django.db import transaction

from hanportal.accounts.models import Customer, Identification, Representation, User
from hanportal.accounts.sealing import seal_national_id
from hanportal.audit.log import Actor, ActorKind, Subject, customer_chain, record


@transaction.atomic
def record_login(
    *,
    user: User,
    customer: Customer | None,
    identification: Identification,
    display_name: str,
    now: datetime,
) -> None:
    """Bind the user to whom the eID pointed out, and write it in the customer's log.

    :param customer: None for someone who is no customer; an earlier bond then ends.
    """
    user.act_for(customer, display_name=display_name)
    if customer is None:
        return
    record(
        chain=customer_chain(customer.id),
        what="login.succeeded",
        who=Actor(kind=ActorKind.CUSTOMER, reference=str(user.id)),
        on=Subject(kind="login", id=user.id),
        at=now,
        facts={
            "issuer": identification.issuer,
            "level": identification.level,
            "authenticated_at": identification.authenticated_at.isoformat(),
        },
        personal={"subject": identification.subject},
    )


@transaction.atomic
def record_refused_login(
    *, customer: Customer, reason: str, level: str, now: datetime
) -> None:
    """Write in the customer's log that a login in their name was refused."""
    record(
        chain=customer_chain(customer.id),
        what="login.refused",
        who=Actor(kind=ActorKind.CUSTOMER, reference=str(customer.id)),
        on=Subject(kind="customer", id=customer.id),
        at=now,
        facts={"reason": str(reason), "level": level},
    )


@transaction.atomic
def choose_notices(
    *, customer: Customer, email: str, language: str, by: Actor, now: datetime
) -> None:
    """Let the customer decide where notices go, and in which language.

    Nothing is written where nothing changes.
    """
    # A key share of the row is what every order takes; it need not wait for this.
    chosen = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    changed = []
    if email != chosen.notice_address:
        chosen.choose_notification_email(email)
        changed.append("email")
    if language != chosen.language:
        chosen.choose_language(language)
        changed.append("language")
    if changed:
        record(
            chain=customer_chain(customer.id),
            what="customer.notices_chosen",
            who=by,
            on=Subject(kind="customer", id=customer.id),
            at=now,
            facts={"changed": [*changed], "language": language},
            personal={"email": email} if email else None,
        )


def reseal_national_ids(*, batch: int = 500) -> int:
    """Seal with the newest keys what older keys still hold, and count it.

    Each batch is a transaction of its own, so it may be stopped and run again; the old
    keys may go when it returns 0.

    :raises NationalIdDoesNotOpen: a stored number is damaged or under a missing key.
    """
    resealed = 0
    while moved := _reseal_batch(batch) or _reseal_representatives(batch):
        resealed += moved
    return resealed


@transaction.atomic
def _reseal_batch(batch: int) -> int:
    waiting = Customer.objects.sealed_with_older_keys().order_by("id")
    customers = list(waiting.select_for_update()[:batch])
    for customer in customers:
        number = customer.open_national_id()
        if number is not None:
            customer.keep_national_id(
                seal_national_id(number, customer_number=customer.customer_number)
            )
    return len(customers)


@transaction.atomic
def _reseal_representatives(batch: int) -> int:
    waiting = Representation.objects.sealed_with_older_keys().order_by("id")
    representations = list(waiting.select_for_update()[:batch])
    for held in representations:
        held.keep_national_id(
            seal_national_id(
                held.open_national_id(), customer_number=held.sealed_context
            )
        )
    return len(representations)
