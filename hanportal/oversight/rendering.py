"""One way to answer with a page of oversight."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

INVALID: Final = 422


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
) -> HttpResponse:
    """The page; never kept by a cache."""
    response = HttpResponse(fragment(request, template, context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def fragment(
    request: HttpRequest | None, template: str, context: Mapping[str, object]
) -> str:
    """A page or a part of one, in the language of whoever reads it."""
    return render_to_string(template, dict(context), request=request)
