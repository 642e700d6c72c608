"""Pages that are for everybody: the front page, accessibility, language, faults."""

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import redirect, render
from django.template import loader
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """What the HAN port is, and the way in; who is inside is led to their points."""
    if request.user.is_authenticated:
        return redirect("minside:points")
    return render(request, "minside/front_page.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """How accessible this site is, honestly."""
    return render(request, "minside/accessibility.html")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Show the pages in another language from now on, and go back to where one was."""
    answer: HttpResponse = set_language(request)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- a view
    """The page of an error of ours, with the code that finds it in our logs."""
    code = structlog.contextvars.get_contextvars().get("request_id", "")
    page = loader.get_template("500.html").render({"code": code})
    return HttpResponseServerError(page)
