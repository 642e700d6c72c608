""" "I get no data": what the meter last said, what to check, what can be tried."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hanportal.accounts.guards import acting, customer_required
from hanportal.accounts.models import Customer
from hanportal.minside.presenters.points import held_point
from hanportal.minside.presenters.silence import silence_page
from hanportal.minside.rendering import page, stopped
from hanportal.minside.views.orders import actor_of
from orders import actions

REFUSALS: dict[type[Exception], Promise] = {
    actions.PortNotOpen: gettext_lazy(
        "Måleren har ikke meldt porten åpen på ditt samtykke, så det skal ikke komme"
        " data ut av den nå."
    ),
    actions.AlreadyUnderWay: gettext_lazy(
        "Noe er allerede sendt til måleren. Vent på hva det fører til."
    ),
    actions.TriedLately: gettext_lazy(
        "Det er prøvd det siste døgnet. Kommer det fortsatt ingen data, kan du si fra"
        " til kundesenteret."
    ),
    actions.NoRemedy: gettext_lazy(
        "Denne porten kan ikke startes på nytt herfra. Du kan si fra til kundesenteret."
    ),
    actions.NotTriedYet: gettext_lazy(
        "Prøv først det som kan gjøres herfra. Hjelper ikke det, kan du si fra til"
        " kundesenteret."
    ),
}
"""What is said where nothing was done."""


@require_safe
@customer_required
def silence(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """What is known of the port, the checklist of its meter, and the buttons."""
    now = timezone.now()
    point = held_point(customer, point_id, today=timezone.localdate(now))
    shown = silence_page(customer, point, now=now)
    return page(
        request, "minside/silence.html", customer=customer, context={"shown": shown}
    )


@require_POST
@customer_required
def try_it(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Have the port started again, or its opening sent anew."""
    return _do(actions.try_remedy, request, customer, point_id)


@require_POST
@customer_required
def report(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Hand it over to the customer centre."""
    return _do(actions.report_silence, request, customer, point_id)


def _do(
    verb: actions.SilenceVerb,
    request: HttpRequest,
    customer: Customer,
    point_id: UUID,
) -> HttpResponse:
    now = timezone.now()
    point = held_point(customer, point_id, today=timezone.localdate(now))
    address = reverse("minside:silence", args=[point.id])
    try:
        verb(
            customer=customer,
            metering_point=point,
            by=actor_of(request),
            now=now,
            representation=acting(request).representation,
        )
    except actions.NotRepresented:
        return redirect("act_for")
    except (actions.NotHolder, actions.NoMeter) as missing:
        raise Http404 from missing
    except tuple(REFUSALS) as refusal:
        return stopped(
            request,
            customer=customer,
            heading=_("Ingenting er gjort"),
            reason=str(REFUSALS[type(refusal)]),
            next_url=address,
            next_label=_("Tilbake"),
        )
    return redirect(address)
