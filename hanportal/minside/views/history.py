"""What has happened at one of the customer's points."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import customer_required
from hanportal.accounts.models import Customer
from hanportal.minside.presenters.history import history_of
from hanportal.minside.presenters.points import held_point
from hanportal.minside.rendering import page


@require_safe
@customer_required
def history(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """The customer's own part; what was before them is not theirs to see."""
    today = timezone.localdate()
    point = held_point(customer, point_id, today=today)
    shown = history_of(point, customer, today=today)
    return page(
        request,
        "minside/history.html",
        customer=customer,
        context={"point": point, "shown": shown},
    )
