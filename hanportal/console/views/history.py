"""What has happened at one of the caller's points."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import User
from hanportal.console.presenters.callers import caller_of, point_of
from hanportal.console.presenters.history import history_of
from hanportal.console.rendering import locked, page


@require_safe
@agent_required(page="console.history")
def history(
    request: HttpRequest, agent: User, customer_id: UUID, point_id: UUID
) -> HttpResponse:
    """Meters, port and orders there, for a caller whom the agent knows."""
    now = timezone.now()
    today = timezone.localdate(now)
    caller = caller_of(customer_id, agent=agent, now=now)
    row = point_of(caller, point_id, today=today)
    if not caller.may_order:
        return locked(request, caller)
    note_read(request, customer=customer_id)
    shown = history_of(row.point, caller.customer, today=today)
    return page(
        request,
        "console/history.html",
        caller=caller,
        context={"row": row, "shown": shown},
    )
