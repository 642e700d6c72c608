"""The search: where every call begins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import User
from hanportal.console.rendering import page
from hanportal.console.search import callers_at, find

LONGEST_QUERY = 200


@require_safe
@agent_required(page="console.search")
def search(request: HttpRequest, agent: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """Find a caller by whatever they can say; `ring` is the telephone exchange's."""
    ring = request.GET.get("ring", "").strip()[:LONGEST_QUERY]
    if ring:
        callers = callers_at(ring)
        if len(callers) == 1:
            return redirect("console:caller", callers[0].id)
    query = request.GET.get("q", ring).strip()[:LONGEST_QUERY]
    if query:
        note_read(request, query=query)
    return page(
        request,
        "console/search.html",
        context={
            "query": query,
            "groups": find(query, today=timezone.localdate()) if query else (),
        },
    )
