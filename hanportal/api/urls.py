"""Addresses of the machine interface; no slash at the end, as machines expect."""

from django.urls import URLPattern, path

from hanportal.api.interface import api, at_the_door, nothing_here

app_name = "api"

_found = [
    each
    for each in api.urls[0]
    if isinstance(each, URLPattern) and each.name != "api-root"
]
for _each in _found:
    _each.callback = at_the_door(_each.callback)

urlpatterns = [
    *_found,
    path("<path:anything>", at_the_door(nothing_here), name="nothing"),
]
