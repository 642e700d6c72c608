"""What `manage.py check` says about the set-up of logins."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from hanportal.accounts.addresses import networks
from hanportal.accounts.sealing import newest_key_version


@register(Tags.security, deploy=True)
def keys_of_national_ids_are_in_order(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[CheckMessage]:
    """The keys can be read, so that the first import or login will not fail."""
    del app_configs
    try:
        newest_key_version()
    except ImproperlyConfigured as problem:
        return [Error(str(problem), id="accounts.E001")]
    return []


@register(Tags.security, deploy=True)
def limits_know_who_asks(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[CheckMessage]:
    """Behind a proxy, all tries would seem to come from one address."""
    del app_configs
    try:
        networks(settings.TRUSTED_PROXIES)
    except ValueError as problem:
        return [Error(f"TRUSTED_PROXIES: {problem}", id="accounts.E002")]
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXIES:
        return [
            Error(
                "TRUST_FORWARDED_PROTO says that there is a proxy. Name its network in "
                "TRUSTED_PROXIES, or everybody's tries are counted as the proxy's.",
                id="accounts.E003",
            )
        ]
    return []
