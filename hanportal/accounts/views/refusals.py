"""The page of a login that was refused: what to do, and a code that the log has too."""

from collections.abc import Mapping

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from uuid6 import uuid7

from hanportal.accounts.eid.refusals import Kind, LoginRefused

log = structlog.get_logger(__name__)

STATUS: Mapping[Kind, int] = {
    Kind.UNAVAILABLE: 503,
    Kind.EXPIRED: 400,
    Kind.CANCELLED: 200,
}


def refused_page(
    request: HttpRequest, refused: LoginRefused, *, template: str
) -> HttpResponse:
    """Say in plain words what to do; the reason itself stands in the log alone."""
    reference = uuid7().hex[-8:].upper()
    log.warning("login_refused", reason=refused.reason.value, reference=reference)
    kind = refused.reason.kind
    context = {
        "kind": kind.value,
        "reference": reference,
        "phone": settings.OPERATOR_PHONE,
    }
    return render(request, template, context, status=STATUS.get(kind, 403))
