"""For those who run the system: the head-ends, and what would be done to meters."""

from collections.abc import Callable, Mapping
from itertools import islice
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.guards import (
    fresh_second_factor,
    operations_required,
    roles_of,
    switches_required,
)
from hanportal.accounts.models import Role, User
from hanportal.console.presenters.operations import (
    VERB_TEXTS,
    SwitchVerb,
    found_head_end,
    operations_page,
)
from hanportal.console.rendering import page
from hanportal.console.views.callers import FORM_METHODS, actor_of
from meters import actions
from meters.models import HeadEnd
from orders.differences import as_csv, differences

SHOWN_PROPOSALS = 100
SWITCHERS = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})
RELEASERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})

_VERBS: Mapping[SwitchVerb, Callable[..., HeadEnd]] = {
    SwitchVerb.OFF: actions.switch_off,
    SwitchVerb.ON: actions.switch_on,
    SwitchVerb.OBSERVE: actions.observe,
    SwitchVerb.ACT: actions.act,
}


@require_safe
@operations_required(page="console.operations")
def overview(request: HttpRequest, person: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """Each head-end with its switch and mode, the brake, and what is held."""
    roles = roles_of(request)
    return page(
        request,
        "console/operations.html",
        context={
            "shown": operations_page(now=timezone.now()),
            "may_switch": bool(roles & SWITCHERS),
            "may_release": bool(roles & RELEASERS),
        },
    )


@require_safe
@operations_required(page="console.proposals")
def proposals(request: HttpRequest, person: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """The first ports that would be opened or closed, and why."""
    found = differences(on=timezone.localdate())
    shown = list(islice(found, SHOWN_PROPOSALS + 1))
    return page(
        request,
        "console/proposals.html",
        context={
            "proposals": shown[:SHOWN_PROPOSALS],
            "has_more": len(shown) > SHOWN_PROPOSALS,
        },
    )


@require_safe
@operations_required(page="console.proposals_file")
def proposals_file(request: HttpRequest, person: User) -> StreamingHttpResponse:  # noqa: ARG001 -- a guarded view
    """All of them, as a file for a spreadsheet."""
    response = StreamingHttpResponse(
        as_csv(differences(on=timezone.localdate())),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = 'attachment; filename="forslag.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(FORM_METHODS)
@switches_required(page="console.switch")
@fresh_second_factor(doing="slå om et frontsystem")
def switch(
    request: HttpRequest, person: User, head_end_id: UUID, verb: str
) -> HttpResponse:
    """Ask once, then switch the head-end off or on, or change what it is set to."""
    try:
        asked_for = SwitchVerb(verb)
    except ValueError as error:
        raise Http404 from error
    head_end = found_head_end(head_end_id)
    if request.method == "POST":
        _VERBS[asked_for](
            head_end_id=head_end.id, by=actor_of(person), now=timezone.now()
        )
        return redirect("console:operations")
    return page(
        request,
        "console/switch.html",
        context={
            "head_end": head_end,
            "verb": asked_for,
            "text": VERB_TEXTS[asked_for],
        },
    )
