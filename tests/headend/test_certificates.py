"""Callbacks by mutual TLS: believed from who is listed, by way of our proxy only."""

from dataclasses import replace

import pytest

from meters.headend import CallbackRefused, RawCallback, vouched_for
from meters.headend.cim import CimAdapter
from meters.headend.profile import Authentication
from meters.headend.profile_data import STRICT
from tests.headend import said
from tests.headend.doubles import NOW, command, signed

LISTED, OTHER = "ab" * 32, "cd" * 32
BODY = said.callback(command().id, said.event(command().serial, "3.23.0.76"))


@pytest.fixture
def adapter(cim: CimAdapter) -> CimAdapter:
    """An adapter that takes callbacks from one client certificate."""
    profile = replace(
        STRICT,
        callback_authentication=Authentication.MTLS,
        client_certificates=frozenset({LISTED}),
    )
    return replace(cim, profile=profile)


def taken(adapter: CimAdapter, headers: dict[str, str]) -> int:
    """200, or the status of the refusal."""
    try:
        adapter.parse_callback(RawCallback(body=BODY, headers=headers, received_at=NOW))
    except CallbackRefused as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    ("certificate", "status"),
    [
        (LISTED, 200),
        (":".join(["AB"] * 32), 200),
        (OTHER, 401),
        ("", 401),
        (LISTED[:-1], 401),
        (LISTED + LISTED, 401),
        ("CN=aidon", 401),
    ],
)
def test_only_a_listed_certificate_is_believed(
    adapter: CimAdapter, certificate: str, status: int
) -> None:
    assert taken(adapter, {"x-hes-client-certificate": certificate}) == status


def test_one_way_of_proving_does_not_stand_in_for_the_other(
    adapter: CimAdapter, cim: CimAdapter
) -> None:
    assert taken(adapter, signed(BODY)) == 401
    assert taken(cim, {"x-hes-client-certificate": LISTED}) == 401


def test_an_empty_list_lets_nobody_in(adapter: CimAdapter) -> None:
    nobody = replace(adapter.profile, client_certificates=frozenset())

    shown = {"x-hes-client-certificate": LISTED}
    assert taken(replace(adapter, profile=nobody), shown) == 401


@pytest.mark.parametrize(
    ("given", "ours", "kept"),
    [
        ("proxy", "proxy", True),
        ("guess", "proxy", False),
        ("", "proxy", False),
        ("", "", False),
        ("proxy", "", False),
        ("prøxy", "proxy", False),
    ],
)
def test_a_certificate_counts_only_beside_the_proxys_secret(
    *, given: str, ours: str, kept: bool
) -> None:
    headers = {
        "x-hes-client-certificate": LISTED,
        "x-hes-proxy-secret": given,
        "content-type": "text/xml",
    }

    left = vouched_for(headers, proxy_secret=ours)

    assert ("x-hes-client-certificate" in left) is kept
    assert "x-hes-proxy-secret" not in left
    assert left["content-type"] == "text/xml"
