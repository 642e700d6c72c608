"""The receipt of an order as a PDF that can be kept."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import customer_required
from hanportal.accounts.models import Customer
from hanportal.minside.pdf import as_pdf
from hanportal.minside.presenters.orders import order_page, placed_together


@require_safe
@customer_required
def receipt(request: HttpRequest, customer: Customer, order_id: UUID) -> HttpResponse:
    """What was ordered and agreed, with the terms in full, as it stands now."""
    now = timezone.now()
    shown = order_page(customer, order_id, today=timezone.localdate(now))
    html = render_to_string(
        "minside/receipt_pdf.html",
        {
            "shown": shown,
            "customer": customer,
            "made_at": now,
            "together": placed_together(shown.order),
        },
        request=request,
    )
    response = HttpResponse(as_pdf(html), content_type="application/pdf")
    reference = shown.order.placement.reference
    response["Content-Disposition"] = f'attachment; filename="{reference}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
