"""One consent's whole story, and the raw exchanges in it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hanportal.accounts.guards import auditor_required, note_read
from hanportal.accounts.models import User
from hanportal.oversight.rendering import page
from hanportal.oversight.story import exchange_of, found_consent, story_of
from hanportal.oversight.wording import PURPOSES


@require_safe
@auditor_required(page="oversight.consent")
def consent(request: HttpRequest, auditor: User, consent_id: UUID) -> HttpResponse:
    """Everything from the text that was agreed to until the end, and who looked."""
    found = found_consent(consent_id)
    note_read(request, customer=found.customer_id)
    context = {"story": story_of(found), "auditor": auditor}
    return page(request, "oversight/consent.html", context)


@require_safe
@auditor_required(page="oversight.exchange")
def exchange(
    request: HttpRequest, auditor: User, consent_id: UUID, exchange_id: UUID
) -> HttpResponse:
    """What was sent to a head-end and what it answered, to the letter but redacted."""
    found = found_consent(consent_id)
    note_read(request, customer=found.customer_id)
    said, asked, answered = exchange_of(found, exchange_id)
    return page(
        request,
        "oversight/exchange.html",
        {
            "consent": found,
            "exchange": said,
            "purpose": PURPOSES[said.purpose],
            "asked": asked,
            "answered": answered,
            "auditor": auditor,
        },
    )
