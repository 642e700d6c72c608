"""The portal's addresses with a page for customers whose looks nobody else decides."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from hanportal.accounts.guards import customer_required, identification
from hanportal.accounts.models import Customer


@customer_required
def whose_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Say who is asking, and how they were identified."""
    level = identification(request).level
    return HttpResponse(f"{customer.customer_number} {level}")


@customer_required
def draft_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Keep something half-done in the session, as an order form does."""
    if request.method == "POST":
        request.session["draft"] = request.POST["draft"]
    return HttpResponse(request.session.get("draft", "no draft"))


def no_icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for one where a page names none."""
    return HttpResponse(status=204)


urlpatterns = [
    path("favicon.ico", no_icon),
    path("prove/", whose_page),
    path("prove/kladd/", draft_page),
    path("", include("hanportal.urls")),
]
