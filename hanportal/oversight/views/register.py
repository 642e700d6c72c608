"""The register of consents: the list, its filters, and the way to export it."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import auditor_required, note_read
from hanportal.accounts.models import User
from hanportal.oversight.filters import FilterForm
from hanportal.oversight.register import Place, register_page
from hanportal.oversight.rendering import INVALID, page
from orders.models import Terms


@require_safe
@auditor_required(page="oversight.register")
def register(request: HttpRequest, auditor: User) -> HttpResponse:
    """The consents that the address asks for, newest first."""
    form = FilterForm(request.GET, versions=Terms.objects.versions())
    if not form.is_valid():
        return page(
            request,
            "oversight/register.html",
            {"form": form, "auditor": auditor},
            status=INVALID,
        )
    filters = form.filters()
    asked = filters.asked()
    if asked:
        note_read(request, query=urlencode(asked))
    behind = request.GET.get("behind")
    shown = register_page(filters, behind=Place.read(behind) if behind else None)
    more = {**asked, "behind": str(shown.next_place)} if shown.next_place else {}
    return page(
        request,
        "oversight/register.html",
        {
            "form": form,
            "auditor": auditor,
            "shown": shown,
            "asked": asked,
            "is_first_page": not behind,
            "newest": urlencode(asked),
            "older": urlencode(more),
        },
    )
