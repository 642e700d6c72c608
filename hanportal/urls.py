"""Every address of the portal."""

from django.urls import include, path

handler500 = "hanportal.minside.views.site.server_error"

urlpatterns = [
    path("", include("hanportal.minside.urls")),
    path("", include("hanportal.accounts.urls")),
    path("", include("hanportal.monitoring.urls")),
    path("", include("orders.urls")),
    path("api/v1/", include("hanportal.api.urls")),
    path("innsyn/", include("hanportal.oversight.urls")),
    path("kundesenter/", include("hanportal.console.urls")),
]
