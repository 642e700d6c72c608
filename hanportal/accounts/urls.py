"""Where people log in and out. None of allauth's own pages is among them."""

from django.urls import path

from hanportal.accounts import views

urlpatterns = [
    path("logg-inn/", views.log_in, name="account_login"),
    path("logg-inn/bekreft/", views.reauthenticate, name="reauthenticate"),
    path("logg-inn/retur/", views.callback, name="eid_callback"),
    path("logg-ut/", views.log_out, name="account_logout"),
]
