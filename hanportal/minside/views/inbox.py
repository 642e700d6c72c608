"""The inbox: every message that went out, in the same words as the e-mail."""

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
    """One message, read from now on."""
    post = get_object_or_404(Message.objects.visible_to(customer), pk=message_id)
    post.mark_read(at=timezone.now())
    return page(
        request, "minside/message.html", customer=customer, context={"post": post}
    )
