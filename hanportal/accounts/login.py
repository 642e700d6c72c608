"""A login from the button to the session: what our pages call, carried by allauth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib.auth import logout
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from hanportal.accounts import actions
from hanportal.accounts.addresses import portal_address
from hanportal.accounts.eid.answer import Answer, Returned, authentic_answer
from hanportal.accounts.eid.client import (
    Attempt,
    authorisation_address,
    end_session_address,
)
from hanportal.accounts.eid.refusals import LoginRefused
from hanportal.accounts.models import Customer, Identification, Representation, User
from hanportal.accounts.provider import (
    EidProvider,
    discovery,
    eid_client,
    new_secret,
    outgoing_session,
)
from hanportal.accounts.sealing import national_id_hashes

IDENTIFICATION_KEY = "identification"
PERSON_KEY = "person"
"""In the session: the keyed hash of the national id under each key version, which finds
whom the person may act for. Never the number."""
MAY_REPRESENT_KEY = "may_represent"
"""In the session: whether there was somebody to act for at the login."""
NAME_LENGTH = 120


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Who came back from the eID. The national id is not here: it did its work."""

    identification: Identification
    customer: Customer | None
    display_name: str
    person: Mapping[int, str] = field(repr=False)
    """The keyed hash of the national id under each key version; empty without one."""
    at: datetime


class EidLogin(SocialLogin):  # type: ignore[misc] # allauth is untyped
    """allauth's login with the person; `identified` is never serialised with it."""

    def __init__(self, *, provider: EidProvider, identified: Identified) -> None:
        identification = identified.identification
        user = User()
        user.set_unusable_password()
        account = SocialAccount(
            provider=identification.issuer, uid=identification.subject, extra_data={}
        )
        super().__init__(user=user, account=account, provider=provider)
        self.identified = identified


def local_page(address: str | None) -> str:
    """The address if it is a page of ours, else the customer's front page."""
    # With no host allowed, only a path remains.
    if address and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return str(settings.LOGIN_REDIRECT_URL)


def begin(
    request: HttpRequest,
    *,
    next_page: str,
    max_age: timedelta,
    now: datetime,
    new_secret: Callable[[], str] = new_secret,
) -> str:
    """Start a login and say where the browser goes.

    :param max_age: how old a log-in at the provider may be; zero asks for it anew.
    :raises LoginRefused: the provider cannot be reached.
    """
    provider, client = _provider(request), eid_client()
    configuration = discovery.configuration(client.issuer, session=outgoing_session())
    attempt = Attempt(
        state=new_secret(),
        nonce=new_secret(),
        verifier=new_secret() + new_secret(),
        asked_at=now,
        max_age=max_age,
    )
    provider.keep(request, attempt, next_page=next_page)
    return authorisation_address(client, configuration, attempt)


def finish(
    request: HttpRequest, *, state: str, returned: Returned, now: datetime
) -> HttpResponse:
    """Log in whoever the browser brought an answer about, and lead them on.

    :raises LoginRefused: the answer does not prove who it is, well and lately enough.
    """
    provider = _provider(request)
    attempt, next_page = provider.recall(request, state)
    answer = authentic_answer(
        returned,
        client=eid_client(),
        attempt=attempt,
        discovery=discovery,
        session=outgoing_session(),
        now=now,
    )
    customer = _customer(answer)
    try:
        identified = _identified(answer, customer, now=now)
        return _enter(request, provider, identified, next_page=next_page)
    except LoginRefused as refused:
        if customer is not None:
            actions.record_refused_login(
                customer=customer, reason=refused.reason, level=answer.level, now=now
            )
        raise


def settle(request: HttpRequest, user: User, identified: Identified) -> None:
    """Write down who is logged in and how: to the register, the log, the session."""
    actions.record_login(
        user=user,
        customer=identified.customer,
        identification=identified.identification,
        display_name=identified.display_name,
        now=identified.at,
    )
    kept = identified.identification
    request.session[IDENTIFICATION_KEY] = {
        "issuer": kept.issuer,
        "subject": kept.subject,
        "level": kept.level,
        "authenticated_at": kept.authenticated_at.isoformat(),
    }
    request.session[PERSON_KEY] = {
        str(version): hash_ for version, hash_ in identified.person.items()
    }
    request.session[MAY_REPRESENT_KEY] = Representation.objects.held_by(
        identified.person, on=timezone.localdate(identified.at)
    ).exists()


def came_by_eid(request: HttpRequest) -> bool:
    """True for who is logged in as a customer; staff came by another door."""
    return request.user.is_authenticated and IDENTIFICATION_KEY in request.session


def end(request: HttpRequest) -> str:
    """Close our session and say where the browser ends the provider's, if it can."""
    has_come = came_by_eid(request)
    logout(request)
    front_page = portal_address("/")
    if not has_come:
        return front_page
    client = eid_client()
    try:
        configuration = discovery.configuration(
            client.issuer, session=outgoing_session()
        )
    except LoginRefused:
        # Ours is closed, and that is what was asked for first.
        return front_page
    return (
        end_session_address(client, configuration, return_to=front_page) or front_page
    )


def _customer(answer: Answer) -> Customer | None:
    if answer.national_id is None:
        return None
    return Customer.objects.by_national_id(answer.national_id)


def _identified(
    answer: Answer, customer: Customer | None, *, now: datetime
) -> Identified:
    identification = Identification(
        issuer=answer.issuer,
        subject=answer.subject,
        level=answer.level,
        authenticated_at=answer.identified_at(now=now),
    )
    display_name = answer.name or (customer.name if customer else "")
    return Identified(
        identification=identification,
        customer=customer,
        display_name=display_name[:NAME_LENGTH],
        person=national_id_hashes(answer.national_id) if answer.national_id else {},
        at=now,
    )


def _enter(
    request: HttpRequest,
    provider: EidProvider,
    identified: Identified,
    *,
    next_page: str,
) -> HttpResponse:
    user = request.user
    if isinstance(user, User) and _is_theirs(user, identified.identification):
        # Confirming oneself keeps what one was in the middle of; the key is new.
        request.session.cycle_key()
        settle(request, user, identified)
        return HttpResponseRedirect(next_page)
    try:
        return _log_in(request, provider, identified, next_page=next_page)
    except IntegrityError:
        # A second window made the same person's first login in between.
        return _log_in(request, provider, identified, next_page=next_page)


@transaction.atomic
def _log_in(
    request: HttpRequest,
    provider: EidProvider,
    identified: Identified,
    *,
    next_page: str,
) -> HttpResponse:
    login = EidLogin(provider=provider, identified=identified)
    login.state = {"process": "login", "next": next_page}
    response: HttpResponse = complete_social_login(request, login)
    return response


def _is_theirs(user: User, identification: Identification) -> bool:
    accounts = SocialAccount.objects.filter(
        user=user, provider=identification.issuer, uid=identification.subject
    )
    return bool(accounts.exists())


def _provider(request: HttpRequest) -> EidProvider:
    provider: EidProvider = get_adapter().get_provider(request, EidProvider.id)
    return provider
