"""Where a port stood open without a consent: the report, and the report as a file."""

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from uuid6 import uuid7

from hanportal.accounts.guards import (
    auditor_required,
    fresh_second_factor,
    note_read,
)
from hanportal.accounts.models import User
from hanportal.oversight.exporting import CONTENT_TYPES
from hanportal.oversight.exposure_file import export
from hanportal.oversight.exposure_filters import ExposureFilterForm
from hanportal.oversight.exposures import exposures_page, summary
from hanportal.oversight.filters import OSLO
from hanportal.oversight.open_now import other_open_ports
from hanportal.oversight.register import Place
from hanportal.oversight.rendering import INVALID, page
from hanportal.oversight.traces import export_trace


@require_safe
@auditor_required(page="oversight.exposures")
def exposures(request: HttpRequest, auditor: User) -> HttpResponse:
    """The windows that the address asks for, what was found last first."""
    form = ExposureFilterForm(request.GET)
    context: dict[str, object] = {"form": form, "auditor": auditor}
    if not form.is_valid():
        return page(request, "oversight/exposures.html", context, status=INVALID)
    now = timezone.now()
    filters = form.filters()
    asked = filters.asked()
    if asked:
        note_read(request, query=urlencode(asked))
    behind = request.GET.get("behind")
    shown = exposures_page(
        filters, behind=Place.read(behind) if behind else None, now=now
    )
    more = {**asked, "behind": str(shown.next_place)} if shown.next_place else {}
    is_whole = not asked and not behind
    context |= {
        "shown": shown,
        "summary": summary(now=now),
        "others": other_open_ports(today=timezone.localdate(now)) if is_whole else None,
        "asked": asked,
        "is_first_page": not behind,
        "newest": urlencode(asked),
        "older": urlencode(more),
    }
    return page(request, "oversight/exposures.html", context)


@require_POST
@auditor_required(page="oversight.export_exposures")
@fresh_second_factor(doing="hente ut rapporten om porter som sto åpne")
def export_exposures(request: HttpRequest, auditor: User) -> HttpResponseBase:
    """The windows that the form asks for, as they are read."""
    form = ExposureFilterForm(request.POST)
    if not form.is_valid():
        return redirect("oversight:exposures")
    now = timezone.now()
    filters = form.filters()
    trace = export_trace(auditor, uuid7())
    trace.export_begun(form="exposures-csv", filters=filters.asked(), at=now)
    response = StreamingHttpResponse(
        export(filters, trace=trace, clock=timezone.now),
        content_type=CONTENT_TYPES["csv"],
    )
    day = now.astimezone(OSLO).date().isoformat()
    name = f"apne-uten-samtykke-{day}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
