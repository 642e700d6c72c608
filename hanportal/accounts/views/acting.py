"""The page where a person chooses for whom to act."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hanportal.accounts import actions
from hanportal.accounts.guards import (
    choose,
    not_a_customer,
    person_required,
    representations_of,
)
from hanportal.accounts.guards.acting import CHOSEN_KEY
from hanportal.accounts.models import User
from hanportal.audit.log import Actor, ActorKind

ONESELF = "self"


@require_http_methods(["GET", "HEAD", "POST"])
@person_required
def act_for(request: HttpRequest, user: User) -> HttpResponse:
    """Everybody for whom the person may act today, and the person, if a customer."""
    found = list(representations_of(request, user, today=timezone.localdate()))
    if not found and user.customer is None:
        choose(request, None)
        return not_a_customer(request)
    if request.method == "POST":
        return _choose(request, user)
    chosen = request.session.get(CHOSEN_KEY, "")
    context = {
        "representations": found,
        "own": user.customer,
        "chosen": chosen if any(str(each.id) == chosen for each in found) else "",
        "phone": settings.OPERATOR_PHONE,
    }
    return render(request, "accounts/act_for.html", context)


def _choose(request: HttpRequest, user: User) -> HttpResponse:
    wanted = request.POST.get("for", "")
    if wanted == ONESELF and user.customer is not None:
        choose(request, None)
        return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL)
    now = timezone.now()
    mine = representations_of(request, user, today=timezone.localdate(now))
    try:
        representation = mine.filter(pk=UUID(wanted)).first()
    except ValueError:
        representation = None
    if representation is None:
        raise Http404
    choose(request, representation.id)
    actions.begin_acting(
        representation=representation,
        by=Actor(kind=ActorKind.CUSTOMER, reference=str(user.pk)),
        now=now,
    )
    return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL)
