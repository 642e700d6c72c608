"""Where head-ends post their results."""

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from meters.headend import CallbackRefused, RawCallback, vouched_for
from meters.models import HeadEnd
from orders import inbox

log = structlog.get_logger(__name__)

OUR_FAULT = 500
NOT_NOW = "Not taken now. Send it again later."


@csrf_exempt
@require_POST
def callback(request: HttpRequest, code: str) -> HttpResponse:
    """Take one callback of this head-end; authenticated by signature or certificate.

    Also of one that is switched off: that stops what we send, not what meters say.
    """
    head_end = get_object_or_404(HeadEnd, code=code)
    raw = RawCallback(
        body=request.body,
        headers=vouched_for(
            {name.lower(): value for name, value in request.headers.items()},
            proxy_secret=settings.HEAD_END_PROXY_SECRET,
        ),
        received_at=timezone.now(),
        came_from=request.META.get("REMOTE_ADDR", ""),
    )
    try:
        batch = inbox.receive_callback(head_end=head_end, raw=raw, clock=timezone.now)
    except CallbackRefused as refusal:
        return _refused(code, refusal)
    return HttpResponse(batch.reply, content_type=batch.content_type)


def _refused(code: str, refusal: CallbackRefused) -> HttpResponse:
    """What the sender did wrong is said to it; what is amiss here goes to the log."""
    log.warning(
        "callback_refused",
        head_end=code,
        status=refusal.status,
        reason=refusal.detail,
    )
    said = NOT_NOW if refusal.status >= OUR_FAULT else refusal.detail
    return HttpResponse(said, status=refusal.status, content_type="text/plain")
