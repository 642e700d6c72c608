"""Addresses of oversight. Only verifying and exporting are asked for by POST."""

from django.urls import path

from hanportal.oversight.views import (
    consents,
    export,
    exposures,
    points,
    register,
    verification,
)

app_name = "oversight"

CONSENT = "samtykke/<uuid:consent_id>"

urlpatterns = [
    path("", register.register, name="register"),
    path("eksport/", export.export, name="export"),
    path("apne-uten-samtykke/", exposures.exposures, name="exposures"),
    path(
        "apne-uten-samtykke/eksport/",
        exposures.export_exposures,
        name="export_exposures",
    ),
    path("malepunkt/<uuid:point_id>/", points.point, name="point"),
    path("kontroll/", verification.whole_log, name="log"),
    path("kontroll/kjor/", verification.verify_log, name="verify_log"),
    path(f"{CONSENT}/", consents.consent, name="consent"),
    path(f"{CONSENT}/kontroll/", verification.verify_chain, name="verify_chain"),
    path(
        f"{CONSENT}/utveksling/<uuid:exchange_id>/",
        consents.exchange,
        name="exchange",
    ),
]
