"""The addresses that machines ask: alive, ready, metrics."""

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from hanportal.monitoring import health, metrics, readings


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- a view
    """The web process answers. Says nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- a view
    """200 when requests can be served, else 503; who is away stands in the body."""
    found = health.readiness()
    body = {
        "ready": found.is_ready,
        "database": found.database,
        "broker": found.broker,
        "cache": found.cache,
    }
    return JsonResponse(body, status=200 if found.is_ready else 503)


@never_cache
@require_safe
def scrape(request: HttpRequest) -> HttpResponse:
    """The metrics, for whoever has the token."""
    if not _may_scrape(request):
        return HttpResponse(
            "Not without the token.\n",
            status=401,
            content_type="text/plain",
            headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
        )
    text = metrics.exposition(readings.read(now=timezone.now()))
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    """By token where there is one, else from loopback where that is allowed.

    :raises Http404: there is no token, so the address is not there either.
    """
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    if settings.METRICS_FOR_LOOPBACK:
        return ip_address(request.META["REMOTE_ADDR"]).is_loopback
    raise Http404
