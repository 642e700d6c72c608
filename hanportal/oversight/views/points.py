"""The history of one metering point."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import auditor_required, note_read
from hanportal.accounts.models import User
from hanportal.oversight.points import found_point, history_of
from hanportal.oversight.rendering import page


@require_safe
@auditor_required(page="oversight.point")
def point(request: HttpRequest, auditor: User, point_id: UUID) -> HttpResponse:
    """Who held it from when until when, and everything that happened there."""
    found = found_point(point_id)
    note_read(request, point=point_id)
    shown = history_of(found, now=timezone.now())
    return page(request, "oversight/point.html", {"shown": shown, "auditor": auditor})
