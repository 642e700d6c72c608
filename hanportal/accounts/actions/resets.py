"""A lost login: one administrator asks for a new one, another approves it.

The code goes to the person's own address, so neither of the two can use it
(docs/adr/0014).
"""

from datetime import datetime

from django.db import transaction

from hanportal.accounts.actions.notices import tell, tell_administrators
from hanportal.accounts.actions.staff import STAFF_CHAIN, NotToOneself, forget_login
from hanportal.accounts.models import RESET_LASTS, LoginReset, NoticeKind, User
from hanportal.audit.log import Actor, ActorKind, Subject, record


class SwitchedOff(Exception):  # noqa: N818 -- errors are sentences
    """Somebody who is switched off gets no login. Switch them on first."""


class NotTheSecond(Exception):  # noqa: N818 -- errors are sentences
    """The one who asked, or whom it is for, does not approve. Another one can."""


class ResetIsOver(Exception):  # noqa: N818 -- errors are sentences
    """It was approved or stopped, or its day is over. Ask for a new one."""


@transaction.atomic
def ask_for_reset(*, user: User, administrator: User, now: datetime) -> LoginReset:
    """Ask that a person may begin anew; nothing changes before another approves.

    Asked while one is waiting, it is that one. The person is told, and so are the
    administrators who can approve.

    :raises NotToOneself: who asks is whom it is for.
    :raises SwitchedOff: the person is let in nowhere.
    """
    if administrator.pk == user.pk:
        raise NotToOneself("Ask another administrator for a new login.")
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not held.is_active:
        raise SwitchedOff("Switch the person on first.")
    current = LoginReset.objects.open().filter(user=held).locked().first()
    if current is not None and current.is_waiting(now=now):
        return current
    if current is not None:
        current.stop(at=now)
    reset = LoginReset.objects.create(
        user=held, asked_by=administrator, asked_at=now, expires_at=now + RESET_LASTS
    )
    asker = {
        "name": administrator.display_name,
        "staff_number": administrator.staff_number,
    }
    tell(user=held, kind=NoticeKind.RESET_ASKED, now=now, facts=asker)
    tell_administrators(
        kind=NoticeKind.RESET_WAITS, about=held, but=administrator, now=now
    )
    _record("staff.login_reset_asked", reset, by=administrator, now=now)
    return reset


@transaction.atomic
def approve_reset(*, reset: LoginReset, administrator: User, now: datetime) -> None:
    """Be the second: the old login is gone, and a code is sent to the person.

    :raises NotTheSecond: who asked approves, or whom it is for.
    :raises ResetIsOver: too late, or somebody was quicker.
    :raises SwitchedOff: the person was switched off in between.
    """
    if administrator.pk in {reset.asked_by_id, reset.user_id}:
        raise NotTheSecond("Another administrator must approve.")
    user = User.objects.select_for_update(no_key=True).get(pk=reset.user_id)
    held = _waiting(reset, now=now)
    if not user.is_active:
        raise SwitchedOff("Switch the person on first.")
    held.approve(by=administrator, at=now)
    forget_login(user)
    tell(user=user, kind=NoticeKind.LOGIN_RESET, now=now)
    _record("staff.login_reset", held, by=administrator, now=now)


@transaction.atomic
def stop_reset(*, reset: LoginReset, by: User, now: datetime) -> None:
    """Let it come to nothing: an administrator, or the person themselves.

    :raises ResetIsOver: nothing is waiting any more.
    """
    held = _waiting(reset, now=now)
    held.stop(at=now)
    _record("staff.login_reset_stopped", held, by=by, now=now)


def _waiting(reset: LoginReset, *, now: datetime) -> LoginReset:
    held = LoginReset.objects.locked().get(pk=reset.pk)
    if not held.is_waiting(now=now):
        raise ResetIsOver("Ask for a new login again.")
    return held


def _record(what: str, reset: LoginReset, *, by: User, now: datetime) -> None:
    record(
        chain=STAFF_CHAIN,
        what=what,
        who=Actor(kind=ActorKind.STAFF, reference=by.staff_number),
        on=Subject(kind="staff", id=reset.user_id),
        at=now,
        facts={
            "staff_number": reset.user.staff_number,
            "reset": str(reset.id),
            "asked_by": reset.asked_by.staff_number,
        },
    )
