"""Verifying that nothing in the log was changed: one chain, or all of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from uuid import UUID

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe
from uuid6 import uuid7

from hanportal.accounts.guards import auditor_required
from hanportal.accounts.models import User
from hanportal.audit import log
from hanportal.oversight.rendering import fragment, page
from hanportal.oversight.story import found_consent
from hanportal.oversight.traces import Trace, verification_trace
from hanportal.oversight.verification import (
    Findings,
    findings_of,
    read_whole_log,
)

Speaker = Callable[[str, Mapping[str, object]], str]

HERE = "<!-- the log is read here -->"


@require_safe
@auditor_required(page="oversight.log")
def whole_log(request: HttpRequest, auditor: User) -> HttpResponse:
    """What verifying proves and what not, and the button that starts it."""
    return page(request, "oversight/log.html", {"auditor": auditor})


@require_POST
@auditor_required(page="oversight.verify_chain")
def verify_chain(request: HttpRequest, auditor: User, consent_id: UUID) -> HttpResponse:
    """Read the chain of the consent's customer from its first event to its last."""
    consent = found_consent(consent_id)
    chain = log.customer_chain(consent.customer_id)
    findings = findings_of(chain)
    verification_trace(auditor, customer_id=consent.customer_id).verified(
        chain=chain,
        events=findings.tally.events,
        damaged=findings.tally.damaged,
        is_complete=findings.is_complete,
        at=timezone.now(),
    )
    return page(
        request,
        "oversight/chain.html",
        {"consent": consent, "findings": findings, "chain": chain, "auditor": auditor},
    )


@require_POST
@auditor_required(page="oversight.verify_log")
def verify_log(request: HttpRequest, auditor: User) -> HttpResponseBase:
    """Read the whole log while the page is being sent: it grows as it is read.

    No script and no background job: the last line of progress is the one that shows.
    """
    shell = fragment(
        request, "oversight/log_read.html", {"auditor": auditor, "here": HERE}
    )
    before, _here, after = shell.partition(HERE)
    trace = Trace(auditor=auditor, subject=log.Subject("verification", uuid7()))
    estimate = log.Event.objects.estimated_count()
    told = _told(before, after, trace, estimate, _speaker())
    response = StreamingHttpResponse(told)
    response["Cache-Control"] = "no-store"
    # A proxy that waits for the whole page would hide the progress.
    response["X-Accel-Buffering"] = "no"
    return response


def _speaker() -> Speaker:
    """Parts of this page in the language of now, also when the request is answered."""
    language = translation.get_language()

    def part(template: str, context: Mapping[str, object]) -> str:
        with translation.override(language):
            return fragment(None, template, context)

    return part


def _told(
    before: str, after: str, trace: Trace, estimate: int, part: Speaker
) -> Iterator[str]:
    findings = Findings()
    try:
        yield before
        with closing(read_whole_log(findings)) as breaths:
            for _breath in breaths:
                total = max(estimate, findings.tally.events)
                progress = {"tally": findings.tally, "total": total}
                yield part("oversight/progress.html", progress)
    finally:
        trace.verified(
            chain=None,
            events=findings.tally.events,
            damaged=findings.tally.damaged,
            is_complete=findings.is_complete,
            at=timezone.now(),
        )
    yield part("oversight/log_result.html", {"findings": findings})
    yield after
