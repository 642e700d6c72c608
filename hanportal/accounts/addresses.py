"""Addresses: ours, as links have it, and the one that a request came from."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
ONE_CUSTOMERS_NETWORK = 64
"""Bits of an IPv6 address that one subscriber is given whole."""


def portal_address(path: str) -> str:
    """An absolute address of ours, from settings and never from the Host header."""
    return f"{settings.PORTAL_BASE_URL.rstrip('/')}{path}"


def client_address(request: HttpRequest) -> str:
    """Where a request came from, as limits count it; an IPv6 network for IPv6.

    Only proxies in TRUSTED_PROXIES are believed about whom they speak for, from the
    nearest outwards; what a browser writes into the header itself is never reached.
    """
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    said = request.headers.get("X-Forwarded-For", "").split(",")
    found = _parsed(request.META.get("REMOTE_ADDR", ""))
    while found is not None and said and _is_in(found, trusted):
        further = _parsed(said.pop())
        if further is None:
            break
        found = further
    return UNKNOWN if found is None else _counted_as(found)


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """The networks that a setting names.

    :raises ValueError: one of them is no network.
    """
    return tuple(ip_network(each.strip()) for each in written)


@lru_cache(maxsize=4)
def _networks(written: tuple[str, ...]) -> tuple[Network, ...]:
    return networks(written)


def _is_in(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)


def _parsed(written: str) -> Address | None:
    """An address, also with the port that some proxies add."""
    plain = written.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def _counted_as(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, ONE_CUSTOMERS_NETWORK), strict=False))
