"""Placing an opening at the end of the four steps, and what may stand against it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from hanportal.accounts.guards import acting, identification
from hanportal.accounts.models import Customer
from hanportal.minside import drafts
from hanportal.minside.rendering import stopped
from hanportal.minside.views.orders import actor_of
from meters.models import MeteringPoint
from orders import actions


def place(
    request: HttpRequest,
    customer: Customer,
    point: MeteringPoint,
    others: list[MeteringPoint],
    agreement: actions.Agreement,
) -> HttpResponse:
    """Order what was agreed to, for one point or for several together."""
    try:
        if others:
            return _place_together(request, customer, point, others, agreement)
        return _place(request, customer, point, agreement)
    except actions.NotRepresented:
        return redirect("act_for")
    except actions.HolderDead:
        return _holder_dead(request, customer)


def _place(
    request: HttpRequest,
    customer: Customer,
    point: MeteringPoint,
    agreement: actions.Agreement,
) -> HttpResponse:
    try:
        placed = actions.place_opening(
            customer=customer,
            metering_point=point,
            agreement=agreement,
            identification=identification(request),
            by=actor_of(request),
            now=timezone.now(),
            representation=acting(request).representation,
        )
    except actions.IdentificationTooOld:
        back = urlencode({"next": request.path})
        return redirect(f"{reverse('reauthenticate')}?{back}")
    except actions.AlreadyOrdered as already:
        return redirect("minside:order", already.order.id)
    except actions.NotHolder as missing:
        raise Http404 from missing
    except actions.ConsentIncomplete:
        return redirect("minside:open_terms", point.id)
    except actions.AlreadyOpen:
        return stopped(
            request,
            customer=customer,
            heading=_("Du har allerede bestilt åpning"),
            reason=_(
                "Samtykket ditt gjelder fortsatt, så du trenger ikke bestille på nytt."
            ),
            next_url=reverse("minside:points"),
            next_label=_("Til målepunktene mine"),
        )
    except (actions.MeterCannotOpen, actions.NoMeter):
        return redirect("minside:open_before", point.id)
    drafts.forget(request.session, point_id=point.id)
    return redirect("minside:order", placed.id)


def _place_together(
    request: HttpRequest,
    customer: Customer,
    point: MeteringPoint,
    others: list[MeteringPoint],
    agreement: actions.Agreement,
) -> HttpResponse:
    try:
        placed = actions.place_openings(
            customer=customer,
            metering_points=[point, *others],
            agreement=agreement,
            identification=identification(request),
            by=actor_of(request),
            now=timezone.now(),
            representation=acting(request).representation,
        )
    except actions.IdentificationTooOld:
        back = urlencode({"next": request.path})
        return redirect(f"{reverse('reauthenticate')}?{back}")
    except actions.ConsentIncomplete:
        return redirect("minside:open_terms", point.id)
    except actions.SomeRefused as refused:
        refusing = [p for p in (point, *others) if p.id in refused.refusals]
        return _some_refused(request, customer, point, refusing)
    drafts.forget(request.session, point_id=point.id)
    drafts.forget_others(request.session, point_id=point.id)
    own = next(order for order in placed if order.metering_point_id == point.id)
    return redirect("minside:order", own.id)


def _some_refused(
    request: HttpRequest,
    customer: Customer,
    point: MeteringPoint,
    refusing: list[MeteringPoint],
) -> HttpResponse:
    return stopped(
        request,
        customer=customer,
        heading=_("Ingenting er bestilt"),
        reason=_(
            "Disse kan ikke bestilles nå: %(points)s. De er bestilt fra før, er ikke"
            " lenger dine, eller kan ikke åpnes herfra. Velg på nytt uten dem."
        )
        % {"points": "; ".join(str(each) for each in refusing)},
        next_url=reverse("minside:open_before", args=[point.id]),
        next_label=_("Velg på nytt"),
    )


def _holder_dead(request: HttpRequest, customer: Customer) -> HttpResponse:
    return stopped(
        request,
        customer=customer,
        heading=_("Her kan bare dødsboet bestille"),
        reason=_(
            "Vi har fått melding om et dødsfall. Den som representerer dødsboet, kan"
            " logge inn og bestille. Er dette feil, må du ringe kundesenteret."
        ),
        next_url=reverse("minside:points"),
        next_label=_("Til målepunktene mine"),
    )
