"""Grave things need a second factor that was given a short while ago.

Somebody at a desk that was left open gets no further. What a form carried is kept on
our side while its owner proves who they are, and is shown again to be confirmed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http import HttpResponseRedirect as Redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from hanportal.accounts.models import User
from hanportal.accounts.staff_sessions import is_fresh

Page = ParamSpec("Page")
ForStaff = Callable[Concatenate[HttpRequest, User, Page], HttpResponseBase]

UNFINISHED_KEY = "unfinished"
KEPT_FOR = timedelta(minutes=10)
MOST_KEPT = 20_000
"""Bytes of a form that are kept; ours are far smaller."""
NEVER_KEPT = frozenset({"password", "current", "code", "credential"})
"""What proves who somebody is lies in no session: the form is filled in again."""


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """What a person was about to do when they were asked who they are."""

    path: str
    doing: str
    """To be read after "Du var i ferd med å", in the language of the page."""
    fields: tuple[tuple[str, str], ...] | None
    """None for a page that is only to be looked at."""


def fresh_second_factor(*, doing: str) -> "Callable[[ForStaff[...]], ForStaff[...]]":
    """Ask for the second factor before a grave thing, unless it was given just now.

    Stands under the guard of a role:

        @operator_required(page="console.release_brake")
        @fresh_second_factor(doing=gettext_noop("slippe løs bremsen"))
        def release(request, operator): ...

    :param doing: the thing in words, after "Du var i ferd med å"; kept as it is in the
        source and translated when it is read.
    """

    def decorate(view: "ForStaff[...]") -> "ForStaff[...]":
        @wraps(view)
        def asked(
            request: HttpRequest, user: User, /, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            now = timezone.now()
            if is_fresh(request, now=now):
                return view(request, user, *args, **kwargs)
            _keep(request, doing=doing, now=now)
            return _to_confirmation(request)

        asked.needs_fresh_second_factor = True  # type: ignore[attr-defined] # for tests
        return asked

    return decorate


def unfinished(session: SessionBase, *, now: datetime) -> Unfinished | None:
    """What this session's person was about to do, if it is not too long ago."""
    kept = session.get(UNFINISHED_KEY)
    if not kept or datetime.fromisoformat(kept["at"]) + KEPT_FOR <= now:
        return None
    words, fields = kept["doing"], kept["fields"]
    return Unfinished(
        path=kept["path"],
        doing=gettext(words),
        fields=None if fields is None else tuple((str(n), str(v)) for n, v in fields),
    )


def forget_unfinished(session: SessionBase) -> None:
    """It is done, or given up."""
    session.pop(UNFINISHED_KEY, None)


def _keep(request: HttpRequest, *, doing: str, now: datetime) -> None:
    fields = None
    if request.method == "POST" and NEVER_KEPT.isdisjoint(request.POST):
        fields = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name != "csrfmiddlewaretoken"
        ]
    size = sum(len(name) + len(value) for name, value in fields or ())
    if size > MOST_KEPT:
        forget_unfinished(request.session)
        return
    request.session[UNFINISHED_KEY] = {
        "path": request.get_full_path(),
        "doing": doing,
        "fields": fields,
        "at": now.isoformat(),
    }


def _to_confirmation(request: HttpRequest) -> HttpResponse:
    page = reverse("staff_step_up")
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(page)
    return Redirect(page)
