"""The customer's first page: is the port open or closed, and what can be done."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import customer_required
from hanportal.accounts.models import Customer
from hanportal.minside.presenters.points import points_page
from hanportal.minside.rendering import page


@require_safe
@customer_required
def points(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Every point that the customer holds, with the state of its port."""
    shown = points_page(customer, today=timezone.localdate())
    return page(
        request, "minside/points.html", customer=customer, context={"shown": shown}
    )
