"""The addresses that head-ends use."""

from django.urls import path

from orders import webhooks

app_name = "orders"

urlpatterns = [
    path("hes/<slug:code>/callback/", webhooks.callback, name="callback"),
]
