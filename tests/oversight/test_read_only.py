"""Oversight changes nothing: by its addresses, and by its source."""

import ast

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from uuid6 import uuid7

from hanportal.oversight.urls import urlpatterns
from tests.conventions.source import dotted, product, where

POSTED = {"export", "export_exposures", "verify_chain", "verify_log"}
WRITING = {
    "abulk_create",
    "acreate",
    "add",
    "bulk_create",
    "bulk_update",
    "create",
    "delete",
    "get_or_create",
    "raw",
    "remove",
    "save",
    "set",
    "update",
    "update_or_create",
}
FRONT_DOORS_THAT_WRITE = {"actions", "outbox", "fulfilment", "tasks", "register"}


def address_of(route: URLPattern) -> str:
    assert route.name is not None
    names = route.pattern.converters
    return reverse(f"oversight:{route.name}", kwargs=dict.fromkeys(names, uuid7()))


@pytest.mark.parametrize("route", urlpatterns, ids=lambda route: route.name)
def test_only_verifying_and_exporting_are_posted(
    route: URLPattern, auditor: Client
) -> None:
    address = address_of(route)
    refused = {"get", "put", "patch", "delete"}
    refused ^= set() if route.name in POSTED else {"get", "post"}
    for method in sorted(refused):
        assert getattr(auditor, method)(address).status_code == 405


def test_what_is_posted_needs_the_token_of_the_form(auditor: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = auditor.cookies
    for route in urlpatterns:
        if route.name in POSTED:
            assert strict.post(address_of(route)).status_code == 403


def test_the_package_calls_nothing_that_writes() -> None:
    calls = [
        where(module, call)
        for module in product()
        if module.is_in("hanportal/oversight")
        for call in module.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITING
        and not dotted(call.func).startswith("translation.")
    ]
    assert calls == []


def test_only_the_traces_write_to_the_log() -> None:
    writers = {
        module.name
        for module in product()
        if module.is_in("hanportal/oversight")
        for call in module.calls()
        if dotted(call.func) == "log.record"
    }
    assert writers == {"hanportal/oversight/traces.py"}


def test_no_door_that_writes_is_imported() -> None:
    imported = {
        node.module
        for module in product()
        if module.is_in("hanportal/oversight")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module
    }
    doors = {
        name
        for name in imported
        if not name.startswith("hanportal.oversight")
        and FRONT_DOORS_THAT_WRITE & set(name.split("."))
    }
    assert doors == set()
