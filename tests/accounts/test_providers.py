"""Providers differ: where the number stands, how they sign, when keys change."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import Browser
from tests.accounts.people import KARI, make_customer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("place", ["id_token", "userinfo"])
@pytest.mark.parametrize("claim", ["pid", "https://claims.example/nnin"])
def test_the_national_id_is_found_where_this_provider_keeps_it(
    eid_with: Callable[..., Provider],
    visitor: Browser,
    settings: Settings,
    place: str,
    claim: str,
) -> None:
    make_customer(KARI)
    eid_with(national_id_claim=claim, national_id_in=frozenset({place}))
    settings.EID_NATIONAL_ID_CLAIM = claim

    visitor.log_in(KARI)

    assert visitor.portal.get("/prove/").status_code == 200


@pytest.mark.parametrize("how", ["client_secret_basic", "client_secret_post"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_each_way_of_proving_oneself_and_of_signing_works(
    eid_with: Callable[..., Provider],
    visitor: Browser,
    settings: Settings,
    how: str,
    algorithm: str,
) -> None:
    make_customer(KARI)
    eid_with(algorithm=algorithm)
    settings.EID_CLIENT_AUTHENTICATION = how

    assert visitor.log_in(KARI)["Location"] == "/min-side/"


def test_a_provider_may_change_its_key_at_any_time(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)
    eid.keys.rotate()

    response = Browser().log_in(KARI)

    assert response["Location"] == "/min-side/"
    assert eid.requests_for_keys == 2


def test_forged_keys_do_not_make_us_hammer_the_provider(eid: Provider) -> None:
    make_customer(KARI)
    Browser().log_in(KARI)

    for _ in range(3):
        eid.misbehave_next(Misbehaviour.UNKNOWN_KEY)
        assert Browser().log_in(KARI).status_code == 403

    assert eid.requests_for_keys == 2
