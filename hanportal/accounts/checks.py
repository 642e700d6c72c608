"""What `manage.py check` says about the set-up of logins."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

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
