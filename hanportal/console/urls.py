"""Addresses of the customer centre; what an agent reads in the bar is Norwegian."""

from django.urls import path

from hanportal.console.views import (
    callers,
    cases,
    controls,
    fitters,
    history,
    operations,
    orders,
    queues,
    releases,
    representations,
    search,
)

app_name = "console"

CALLER = "kunde/<uuid:customer_id>"
CONTROL = f"{CALLER}/kontroll"
RIGHTS = f"{CALLER}/representanter"
POINT = f"{CALLER}/malepunkt/<uuid:point_id>"

urlpatterns = [
    path("", search.search, name="search"),
    path(f"{CALLER}/", callers.caller, name="caller"),
    path(f"{CONTROL}/", controls.begin, name="begin_control"),
    path(f"{CONTROL}/ring-tilbake/", controls.call_back, name="call_back"),
    path(f"{CONTROL}/sporsmal/<slug:key>/", controls.question, name="question"),
    path(f"{CONTROL}/sporsmal/<slug:key>/vurder/", controls.judge, name="judge"),
    path(f"{CALLER}/avslutt/", callers.end_call, name="end_call"),
    path(f"{RIGHTS}/", representations.representations, name="representations"),
    path(f"{RIGHTS}/ny/", representations.register, name="register_representation"),
    path(
        f"{RIGHTS}/<uuid:representation_id>/trekk/",
        representations.revoke,
        name="revoke_representation",
    ),
    path(f"{POINT}/historikk/", history.history, name="history"),
    path(f"{POINT}/apne/", orders.open_port, name="open"),
    path(f"{POINT}/steng/", orders.close_port, name="close"),
    path("bestilling/<uuid:order_id>/", orders.order, name="order"),
    path("oppgaver/<slug:name>/", queues.queue, name="queue"),
    path("drift/", operations.overview, name="operations"),
    path("drift/saker/", cases.cases, name="cases"),
    path(
        "drift/saker/prov-igjen/<uuid:head_end_id>/",
        cases.retry_all,
        name="retry_cases",
    ),
    path("drift/saker/<uuid:case_id>/", cases.case, name="case"),
    path(
        "drift/saker/<uuid:case_id>/utveksling/<uuid:exchange_id>/",
        cases.exchange,
        name="case_exchange",
    ),
    path("drift/saker/<uuid:case_id>/<slug:case_verb>/", cases.act, name="case_verb"),
    path("drift/montor/", fitters.work, name="fitters"),
    path(
        "drift/montor/<uuid:head_end_id>/liste.csv",
        fitters.work_file,
        name="fitters_file",
    ),
    path(
        "drift/montor/<uuid:head_end_id>/resultater/",
        fitters.results,
        name="fitters_results",
    ),
    path("drift/montor/oppdrag/<uuid:command_id>/", fitters.task, name="fitter_task"),
    path("drift/forslag/", operations.proposals, name="proposals"),
    path("drift/forslag.csv", operations.proposals_file, name="proposals_file"),
    path(
        "drift/frontsystem/<uuid:head_end_id>/<slug:verb>/",
        operations.switch,
        name="switch",
    ),
    path("drift/stenginger/frigi/", releases.closings, name="release_closings"),
    path(
        "drift/leveranse/<uuid:delivery_id>/frigi/",
        releases.delivery,
        name="release_delivery",
    ),
]
