"""For whom the person behind a request acts: themselves, or somebody they represent.

Looked up at each request, so that a right which was revoked a moment ago is gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest

from hanportal.accounts.login import MAY_REPRESENT_KEY, PERSON_KEY
from hanportal.accounts.models import (
    Customer,
    Representation,
    RepresentationQuerySet,
    User,
)

CHOSEN_KEY = "acts_on"
"""In the session: the representation that the person chose to act on."""
_ACTING = "_acting"


class NotActing(Exception):  # noqa: N818 -- errors are sentences
    """No guard of customers' pages has looked at this request."""


class RightEnded(Exception):  # noqa: N818 -- errors are sentences
    """What the person acted on was revoked or is over. Choosing anew may help."""


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Who does it, and for whom."""

    user: User
    customer: Customer
    """Whose points, orders and messages these are."""
    representation: Representation | None
    """On what the user acts for another; None where it is for themselves."""
    may_switch: bool
    """Whether there may be others to act for."""


def acting(request: HttpRequest) -> Acting:
    """Who acts for whom, as the guard of this page found it.

    :raises NotActing: the page has no such guard.
    """
    found = getattr(request, _ACTING, None)
    if not isinstance(found, Acting):
        raise NotActing("Only pages behind customer_required ask this.")
    return found


def find_acting(request: HttpRequest, user: User, *, today: date) -> Acting | None:
    """Who acts for whom now; None where nobody was chosen and nobody is own customer.

    :raises RightEnded: the representation that was chosen holds no longer.
    """
    chosen = request.session.get(CHOSEN_KEY)
    if chosen is None:
        if user.customer is None:
            return None
        may_switch = bool(request.session.get(MAY_REPRESENT_KEY))
        return _kept(request, user, user.customer, None, may_switch=may_switch)
    representation = (
        representations_of(request, user, today=today).filter(pk=chosen).first()
    )
    if representation is None:
        del request.session[CHOSEN_KEY]
        raise RightEnded("What the person acted on holds no longer.")
    customer = representation.represented
    return _kept(request, user, customer, representation, may_switch=True)


def representations_of(
    request: HttpRequest, user: User, *, today: date
) -> RepresentationQuerySet:
    """For whom the person may act today. Nobody acts in the name of the dead."""
    died_on = None if user.customer is None else user.customer.died_on
    if died_on is not None and died_on <= today:
        return Representation.objects.none()
    return Representation.objects.held_by(_person(request), on=today)


def choose(request: HttpRequest, representation_id: UUID | None) -> None:
    """Act on this from now on; None is to act for oneself."""
    if representation_id is None:
        request.session.pop(CHOSEN_KEY, None)
    else:
        request.session[CHOSEN_KEY] = str(representation_id)


def _person(request: HttpRequest) -> Mapping[int, str]:
    kept = request.session.get(PERSON_KEY, {})
    return {int(version): hash_ for version, hash_ in kept.items()}


def _kept(
    request: HttpRequest,
    user: User,
    customer: Customer,
    representation: Representation | None,
    *,
    may_switch: bool,
) -> Acting:
    found = Acting(
        user=user,
        customer=customer,
        representation=representation,
        may_switch=may_switch,
    )
    setattr(request, _ACTING, found)
    return found
