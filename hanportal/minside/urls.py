"""Addresses of Min side; what a customer reads in the address bar is Norwegian."""

from django.urls import path

from hanportal.minside.views import (
    history,
    inbox,
    opening,
    orders,
    points,
    receipt,
    silence,
    site,
)

app_name = "minside"

POINT = "min-side/malepunkt/<uuid:point_id>"
ORDER = "min-side/bestilling/<uuid:order_id>"

urlpatterns = [
    path("", site.front_page, name="front_page"),
    path("min-side/", points.points, name="points"),
    path(f"{POINT}/apne/", opening.before, name="open_before"),
    path(f"{POINT}/apne/vilkar/", opening.terms, name="open_terms"),
    path(f"{POINT}/apne/varsling/", opening.notices, name="open_notices"),
    path(f"{POINT}/apne/se-over/", opening.check, name="open_check"),
    path(f"{POINT}/steng/", orders.close, name="close"),
    path(f"{POINT}/ingen-data/", silence.silence, name="silence"),
    path(f"{POINT}/ingen-data/prov/", silence.try_it, name="silence_try"),
    path(f"{POINT}/ingen-data/meld/", silence.report, name="silence_report"),
    path(f"{POINT}/historikk/", history.history, name="history"),
    path(f"{ORDER}/", orders.order, name="order"),
    path(f"{ORDER}/status/", orders.status, name="order_status"),
    path(f"{ORDER}/kvittering.pdf", receipt.receipt, name="receipt"),
    path(f"{ORDER}/avbryt/", orders.cancel, name="cancel"),
    path("min-side/innboks/", inbox.inbox, name="inbox"),
    path("min-side/innboks/<uuid:message_id>/", inbox.message, name="message"),
    path("tilgjengelighet/", site.accessibility, name="accessibility"),
    path("sprak/", site.language, name="language"),
]
