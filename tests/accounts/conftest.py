"""An eID provider that the portal under test is set up with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import Settings

from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    PORTAL,
    Browser,
    running,
)


@pytest.fixture
def eid_with(settings: Settings) -> Iterator[Callable[..., Provider]]:
    """Start a provider with other options than usual, and point the portal at it."""
    with ExitStack() as stack:

        def start(**changes: Any) -> Provider:
            provider = stack.enter_context(running(**changes))
            settings.EID_ISSUER = provider.options.issuer
            return provider

        settings.EID_CLIENT_ID = CLIENT_ID
        settings.EID_CLIENT_SECRET = CLIENT_SECRET
        settings.EID_REQUIRED_LEVELS = ["idporten-loa-high"]
        settings.EID_NATIONAL_ID_CLAIM = "pid"
        settings.PORTAL_BASE_URL = PORTAL
        settings.ROOT_URLCONF = "tests.accounts.urls"
        yield start


@pytest.fixture
def eid(eid_with: Callable[..., Provider]) -> Provider:
    """The provider, behaving unless it is told otherwise."""
    return eid_with()


@pytest.fixture
def company_with(settings: Settings) -> Iterator[Callable[..., Provider]]:
    """Start the company's login with other options, and offer it to staff."""
    with ExitStack() as stack:

        def start(**changes: Any) -> Provider:
            usual = {"methods": ("pwd", "mfa")}
            provider = stack.enter_context(running(**{**usual, **changes}))
            settings.STAFF_OIDC_ISSUER = provider.options.issuer
            return provider

        settings.STAFF_OIDC_CLIENT_ID = CLIENT_ID
        settings.STAFF_OIDC_CLIENT_SECRET = CLIENT_SECRET
        settings.STAFF_OIDC_REQUIRED_METHODS = ["mfa"]
        settings.STAFF_OIDC_REQUIRED_LEVELS = ["idporten-loa-high"]
        settings.PORTAL_BASE_URL = PORTAL
        yield start


@pytest.fixture
def company(company_with: Callable[..., Provider]) -> Provider:
    """The company's login, behaving unless it is told otherwise."""
    return company_with()


@pytest.fixture
def visitor() -> Browser:
    """A visitor that has been nowhere."""
    return Browser()
