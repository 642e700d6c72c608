"""An order as tracker and receipt, cancelling it, and closing the port."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.guards import acting, customer_required
from hanportal.accounts.models import Customer
from hanportal.audit.log import Actor, ActorKind
from hanportal.minside.presenters.orders import order_page, placed_together
from hanportal.minside.presenters.points import held_point
from hanportal.minside.rendering import page, stopped
from orders import actions
from orders.deadlines import due_date

NOTHING_NEW = 204
"""htmx leaves the page as it is and asks again."""


def actor_of(request: HttpRequest) -> Actor:
    """The person behind the request, as the log names them."""
    return Actor(kind=ActorKind.CUSTOMER, reference=str(request.user.pk))


@require_safe
@customer_required
def order(request: HttpRequest, customer: Customer, order_id: UUID) -> HttpResponse:
    """The order's steps and receipt; a bookmark of it keeps working."""
    shown = order_page(customer, order_id, today=timezone.localdate())
    return page(
        request,
        "minside/order.html",
        customer=customer,
        context={"shown": shown, "together": placed_together(shown.order)},
    )


@require_safe
@customer_required
def status(request: HttpRequest, customer: Customer, order_id: UUID) -> HttpResponse:
    """The changing part of the order page, or nothing where nothing has changed."""
    shown = order_page(customer, order_id, today=timezone.localdate())
    if request.GET.get("seen") == shown.fingerprint:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "minside/order_update.html", {"shown": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def cancel(request: HttpRequest, customer: Customer, order_id: UUID) -> HttpResponse:
    """Ask once, then take the order back while nothing has been sent."""
    shown = order_page(customer, order_id, today=timezone.localdate())
    if request.method != "POST":
        return page(
            request, "minside/cancel.html", customer=customer, context={"shown": shown}
        )
    try:
        actions.cancel_order(
            customer=customer,
            order=shown.order,
            by=actor_of(request),
            now=timezone.now(),
            representation=acting(request).representation,
        )
    except actions.NotRepresented:
        return redirect("act_for")
    except actions.AlreadySent:
        return stopped(
            request,
            customer=customer,
            heading=_("Bestillingen er allerede sendt til måleren"),
            reason=_(
                "Den kan ikke avbestilles nå. Du kan stenge porten i stedet. Da gjelder"
                " stengingen, ikke åpningen."
            ),
            next_url=reverse("minside:close", args=[shown.order.metering_point_id]),
            next_label=_("Steng porten"),
        )
    except actions.NotCancellable:
        return stopped(
            request,
            customer=customer,
            heading=_("Bestillingen er avsluttet"),
            reason=_("Det er ingenting igjen å avbestille."),
            next_url=reverse("minside:order", args=[order_id]),
            next_label=_("Se bestillingen"),
        )
    return redirect("minside:order", order_id)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def close(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Ask once, then end the consent and order the port closed. Needs no reason."""
    now = timezone.now()
    point = held_point(customer, point_id, today=timezone.localdate(now))
    if request.method != "POST":
        return page(
            request,
            "minside/close.html",
            customer=customer,
            context={"point": point, "due_date": due_date(now)},
        )
    try:
        placed = actions.place_closing(
            customer=customer,
            metering_point=point,
            by=actor_of(request),
            now=now,
            representation=acting(request).representation,
        )
    except actions.NotRepresented:
        return redirect("act_for")
    except actions.AlreadyOrdered as already:
        return redirect("minside:order", already.order.id)
    except (actions.NothingToClose, actions.NoMeter):
        return stopped(
            request,
            customer=customer,
            heading=_("Porten er ikke åpen"),
            reason=_("Det er ingenting å stenge, og du har ikke gitt samtykke nå."),
            next_url=reverse("minside:points"),
            next_label=_("Til målepunktene mine"),
        )
    return redirect("minside:order", placed.id)
