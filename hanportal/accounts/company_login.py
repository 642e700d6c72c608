"""The company's own login for staff: from the button to who came back.

Off until it is configured. What is asked and believed is as with the eID; the person
is known by issuer and subject alone, never by an e-mail address that the company says.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hanportal.accounts.eid.answer import Returned, authentic_answer
from hanportal.accounts.eid.client import Attempt, authorisation_address
from hanportal.accounts.eid.refusals import LoginRefused, Reason
from hanportal.accounts.provider import (
    company_client,
    discovery,
    new_secret,
    outgoing_session,
)

FACTOR = "company"
ATTEMPT_KEY = "company_login"
UNBOUND_KEY = "unbound_company_login"
ATTEMPT_LASTS = timedelta(minutes=10)
UNBOUND_LASTS = timedelta(minutes=10)

LOG_IN = "log_in"
CONFIRM = "confirm"
BIND = "bind"


@dataclass(frozen=True, kw_only=True)
class CameBack:
    """Who came back from the company, and what for."""

    issuer: str
    subject: str
    purpose: str
    """`log_in`, `confirm` or `bind`; kept on our side."""
    next_page: str


def is_offered() -> bool:
    """True where the company's login is configured."""
    return bool(settings.STAFF_OIDC_ISSUER)


def begin(request: HttpRequest, *, purpose: str, next_page: str, now: datetime) -> str:
    """Start a login and say where the browser goes.

    Whoever is to prove again who they are is asked anew by the company.

    :raises LoginRefused: the company's provider cannot be reached.
    """
    client = company_client()
    configuration = discovery.configuration(client.issuer, session=outgoing_session())
    attempt = Attempt(
        state=new_secret(),
        nonce=new_secret(),
        verifier=new_secret() + new_secret(),
        asked_at=now,
        max_age=settings.STAFF_OIDC_MAX_AGE if purpose == LOG_IN else timedelta(0),
    )
    request.session[ATTEMPT_KEY] = {
        "state": attempt.state,
        "attempt": attempt.kept(),
        "purpose": purpose,
        "next": next_page,
    }
    return authorisation_address(client, configuration, attempt)


def finish(
    request: HttpRequest, *, state: str, returned: Returned, now: datetime
) -> CameBack:
    """Who the answer that the browser brought proves to be there.

    :raises LoginRefused: it does not prove who it is, well and lately enough.
    """
    kept = request.session.pop(ATTEMPT_KEY, None)
    attempt = _recalled(kept, state, now=now)
    answer = authentic_answer(
        returned,
        client=company_client(),
        attempt=attempt,
        discovery=discovery,
        session=outgoing_session(),
        now=now,
    )
    answer.identified_at(now=now)
    return CameBack(
        issuer=answer.issuer,
        subject=answer.subject,
        purpose=kept["purpose"],
        next_page=kept["next"],
    )


def keep_unbound(request: HttpRequest, came: CameBack, *, now: datetime) -> None:
    """Remember a login that is nobody's yet, while its owner finds the code."""
    request.session[UNBOUND_KEY] = {
        "issuer": came.issuer,
        "subject": came.subject,
        "next": came.next_page,
        "at": now.isoformat(),
    }


def unbound(request: HttpRequest, *, now: datetime) -> CameBack | None:
    """The login that waits in this browser to be bound, if it has not waited long."""
    kept = request.session.get(UNBOUND_KEY)
    if not kept or datetime.fromisoformat(kept["at"]) + UNBOUND_LASTS <= now:
        return None
    return CameBack(
        issuer=kept["issuer"],
        subject=kept["subject"],
        purpose=BIND,
        next_page=kept["next"],
    )


def _recalled(kept: Any, state: str, *, now: datetime) -> Attempt:
    if not kept or not state or kept["state"] != state:
        raise LoginRefused(Reason.UNKNOWN_STATE)
    attempt = Attempt.from_kept(state, kept["attempt"])
    if attempt.asked_at + ATTEMPT_LASTS <= now:
        raise LoginRefused(Reason.UNKNOWN_STATE)
    return attempt
