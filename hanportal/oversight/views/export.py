"""The register as a file, with the same filters as the list."""

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST
from uuid6 import uuid7

from hanportal.accounts.guards import auditor_required, fresh_second_factor
from hanportal.accounts.models import User
from hanportal.oversight.exporting import CONTENT_TYPES
from hanportal.oversight.exporting import export as exported
from hanportal.oversight.filters import OSLO, FilterForm
from hanportal.oversight.traces import export_trace
from orders.models import Terms


@require_POST
@auditor_required(page="oversight.export")
@fresh_second_factor(doing=gettext_noop("hente ut samtykkeregisteret"))
def export(request: HttpRequest, auditor: User) -> HttpResponseBase:
    """The consents that the form asks for, row by row as they are read."""
    form = FilterForm(request.POST, versions=Terms.objects.versions())
    chosen = request.POST.get("format", "csv")
    if not form.is_valid() or chosen not in CONTENT_TYPES:
        return redirect("oversight:register")
    now = timezone.now()
    filters = form.filters()
    trace = export_trace(auditor, uuid7())
    trace.export_begun(form=chosen, filters=filters.asked(), at=now)
    response = StreamingHttpResponse(
        exported(filters, form=chosen, trace=trace, clock=timezone.now),
        content_type=CONTENT_TYPES[chosen],
    )
    day = now.astimezone(OSLO).date().isoformat()
    name = f"samtykker-{day}.{chosen}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
