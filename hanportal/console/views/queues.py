"""The work lists."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import agent_required
from hanportal.accounts.models import User
from hanportal.console.presenters.queues import Queue, queue_page
from hanportal.console.rendering import page
from orders.states import OrderKind


@require_safe
@agent_required(page="console.queue")
def queue(request: HttpRequest, agent: User, name: str) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """One list, filtered by what its address says."""
    try:
        asked_for = Queue(name)
    except ValueError as error:
        raise Http404 from error
    shown = queue_page(
        asked_for,
        kind=request.GET.get("type", ""),
        after=request.GET.get("etter", ""),
        today=timezone.localdate(),
    )
    return page(
        request,
        "console/queue.html",
        context={"shown": shown, "kinds": OrderKind.choices},
    )
