"""Binding a login at the company to the staff member whose it is."""

from datetime import datetime

from django.db import IntegrityError, transaction

from hanportal.accounts.actions.notices import tell
from hanportal.accounts.models import CompanyLogin, NoticeKind, User
from hanportal.audit.log import Actor, ActorKind, Subject, record, staff_reads_chain


class BoundAlready(Exception):  # noqa: N818 -- errors are sentences
    """The person has a company login, or it is another's. Ask an administrator."""


@transaction.atomic
def bind_company_login(
    *, user: User, issuer: str, subject: str, now: datetime
) -> CompanyLogin:
    """Let a login at the company be this person's, and nobody else's ever.

    Whoever calls has proved that both are the same: with a one-time code from an
    administrator, or from inside with a fresh second factor.

    :raises BoundAlready: one of the two is bound.
    """
    held = User.objects.staff().select_for_update(no_key=True).get(pk=user.pk)
    try:
        with transaction.atomic():
            bound = CompanyLogin.objects.create(
                user=held, issuer=issuer, subject=subject, bound_at=now
            )
    except IntegrityError as refused:
        raise BoundAlready("The person or the company login is bound.") from refused
    _finish(held, issuer, now=now)
    return bound


@transaction.atomic
def spend_code_for_company_login(
    *, user: User, issuer: str, subject: str, now: datetime
) -> CompanyLogin:
    """Bind with a one-time code; the code, and every other one, works no more.

    :raises BoundAlready: one of the two is bound.
    """
    bound = bind_company_login(user=user, issuer=issuer, subject=subject, now=now)
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    held.forget_password()
    return bound


def _finish(user: User, issuer: str, *, now: datetime) -> None:
    tell(user=user, kind=NoticeKind.COMPANY_LOGIN_BOUND, now=now)
    record(
        chain=staff_reads_chain(user.id),
        what="company_login.bound",
        who=Actor(kind=ActorKind.STAFF, reference=user.staff_number),
        on=Subject(kind="staff", id=user.id),
        at=now,
        facts={"issuer": issuer},
    )
