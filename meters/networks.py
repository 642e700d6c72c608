"""Where a head-end's callbacks may come from, as its row says. Pure.

    ["10.20.0.0/16", "2001:db8:7::/48"]

An empty list lets them come from anywhere: what proves whose they are is the signature
or the certificate, and this stands before it.
"""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def require_networks(written: Any) -> None:
    """Check what somebody wrote; a validator of the field.

    :raises ValidationError: it is no list of networks; each mistake is named.
    """
    if not isinstance(written, list):
        raise ValidationError(_("Nettverk er en liste i JSON: [] uten noen."))
    problems = [
        _("«%(text)s» er ikke et nettverk, som 10.20.0.0/16.") % {"text": each}
        for each in written
        if _network(each) is None
    ]
    if problems:
        raise ValidationError(problems)


def is_from(written: Sequence[str], address: str) -> bool:
    """Whether an address lies in one of the networks; anywhere where there are none."""
    if not written:
        return True
    found = _address(address)
    if found is None:
        return False
    networks = (_network(each) for each in written)
    return any(network is not None and found in network for network in networks)


def _network(written: Any) -> IPv4Network | IPv6Network | None:
    if not isinstance(written, str):
        return None
    try:
        return ip_network(written)
    except ValueError:
        return None


def _address(written: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(written.strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
