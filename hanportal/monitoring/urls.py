"""Addresses for machines; no slash at the end, as their makers expect."""

from django.urls import path

from hanportal.monitoring import views

app_name = "monitoring"

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.scrape, name="metrics"),
]
