"""The inbox: every message that went out, in the same words as the e-mail."""

import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import customer_required
from hanportal.accounts.models import Customer
from hanportal.minside.rendering import page
from notifications.models import Message

NEWEST = 100
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
"""Where browsers say that nobody asked for the page yet."""
AHEAD = frozenset({"prefetch", "prerender", "preview", "instant"})


@require_safe
@customer_required
def inbox(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The customer's messages, newest first."""
    messages = Message.objects.visible_to(customer).newest_first()[:NEWEST]
    return page(
        request, "minside/inbox.html", customer=customer, context={"posts": messages}
    )


@require_safe
@customer_required
def message(request: HttpRequest, customer: Customer, message_id: UUID) -> HttpResponse:
    """One message, read from now on.

    A browser that fetches ahead has shown nobody anything: it is asked to come back
    when the person does, so that no message is read unseen.
    """
    post = get_object_or_404(Message.objects.visible_to(customer), pk=message_id)
    if is_fetched_ahead(request):
        return HttpResponse(status=503)
    if request.method == "GET":
        post.mark_read(at=timezone.now())
    return page(
        request, "minside/message.html", customer=customer, context={"post": post}
    )


def is_fetched_ahead(request: HttpRequest) -> bool:
    """True when the browser says that nobody is looking (`Sec-Purpose: prefetch`)."""
    said = " ".join(request.headers.get(name, "") for name in PURPOSES).lower()
    return not AHEAD.isdisjoint(re.findall(r"[a-z]+", said))
