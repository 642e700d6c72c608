"""National ids at rest: found by a keyed hash, opened for their own row only."""

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pytest_django import Settings

from hanportal.accounts.actions import (
    InvalidNationalId,
    NationalIdDoesNotOpen,
    reseal_national_ids,
    seal_national_id,
)
from hanportal.accounts.checks import keys_of_national_ids_are_in_order
from hanportal.accounts.models import Customer
from tests.accounts.people import KARI, KARI_ID, OLA, make_customer

HASH_1, HASH_2 = b"h" * 32, b"i" * 32
SEAL_1, SEAL_2 = b"s" * 32, b"t" * 32


def ring(*keys: bytes) -> str:
    return ",".join(
        f"{version}:{base64.b64encode(key).decode()}"
        for version, key in enumerate(keys, start=1)
    )


@pytest.fixture(autouse=True)
def _first_keys(settings: Settings) -> None:
    settings.NATIONAL_ID_HASH_KEYS = ring(HASH_1)
    settings.NATIONAL_ID_ENCRYPTION_KEYS = ring(SEAL_1)


def add_second_keys(settings: Settings) -> None:
    settings.NATIONAL_ID_HASH_KEYS = ring(HASH_1, HASH_2)
    settings.NATIONAL_ID_ENCRYPTION_KEYS = ring(SEAL_1, SEAL_2)


def test_the_hash_is_hmac_sha256_and_the_seal_aes_256_gcm_bound_to_the_customer() -> (
    None
):
    sealed = seal_national_id(KARI_ID, customer_number="1001")

    nonce, ciphertext = sealed.sealed[:12], sealed.sealed[12:]
    assert sealed.hash == hmac.new(HASH_1, KARI_ID.encode(), hashlib.sha256).hexdigest()
    assert AESGCM(SEAL_1).decrypt(nonce, ciphertext, b"1001") == KARI_ID.encode()
    assert sealed.key_version == 1


def test_sealing_twice_gives_one_hash_and_two_seals() -> None:
    first = seal_national_id(KARI_ID, customer_number="1001")
    second = seal_national_id(KARI_ID, customer_number="1001")

    assert first.hash == second.hash
    assert first.sealed != second.sealed


def test_what_is_no_national_id_is_not_sealed_and_not_repeated() -> None:
    mistyped = KARI_ID[:-1] + "9"

    with pytest.raises(InvalidNationalId) as refused:
        seal_national_id(mistyped, customer_number="1001")

    assert str(refused.value) == (
        "Kontrollsifrene i nummeret stemmer ikke. Se etter skrivefeil."
    )
    assert refused.value.__cause__ is None


@pytest.mark.django_db
def test_a_customer_is_found_by_the_national_id() -> None:
    kari = make_customer(KARI)
    make_customer(OLA, number="1002")

    assert Customer.objects.by_national_id(KARI_ID) == kari
    assert Customer.objects.by_national_id("17847532122") is None
    assert kari.open_national_id() == KARI_ID


@pytest.mark.django_db
def test_a_seal_moved_to_another_row_does_not_open() -> None:
    kari, ola = make_customer(KARI), make_customer(OLA, number="1002")
    ola.national_id_sealed = kari.national_id_sealed

    with pytest.raises(NationalIdDoesNotOpen):
        ola.open_national_id()


@pytest.mark.django_db
def test_a_changed_seal_does_not_open() -> None:
    kari = make_customer(KARI)
    assert kari.sealed_national_id is not None
    sealed = bytearray(kari.sealed_national_id.sealed)
    sealed[-1] ^= 1
    kari.national_id_sealed = bytes(sealed)

    with pytest.raises(NationalIdDoesNotOpen):
        kari.open_national_id()


@pytest.mark.django_db
def test_the_newest_key_seals_and_every_key_finds(settings: Settings) -> None:
    kari = make_customer(KARI)
    add_second_keys(settings)
    ola = make_customer(OLA, number="1002")

    assert (kari.national_id_key_version, ola.national_id_key_version) == (1, 2)
    assert Customer.objects.by_national_id(KARI.national_id) == kari
    assert Customer.objects.by_national_id(OLA.national_id) == ola
    assert [kari.open_national_id(), ola.open_national_id()] == [
        KARI.national_id,
        OLA.national_id,
    ]


@pytest.mark.django_db
def test_after_resealing_the_old_keys_may_go(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    kari = make_customer(KARI)
    make_customer(OLA, number="1002")
    add_second_keys(settings)

    call_command("reseal_national_ids")

    assert capsys.readouterr().out == (
        "2 national ids were sealed with the newest keys.\n"
    )
    settings.NATIONAL_ID_HASH_KEYS = ring(HASH_1, HASH_2).split(",")[1]
    settings.NATIONAL_ID_ENCRYPTION_KEYS = ring(SEAL_1, SEAL_2).split(",")[1]
    kari.refresh_from_db()
    assert Customer.objects.by_national_id(KARI_ID) == kari
    assert kari.open_national_id() == KARI_ID
    assert reseal_national_ids() == 0


@pytest.mark.django_db
def test_nothing_about_a_customer_shows_the_number() -> None:
    kari = make_customer(KARI)

    shown = f"{kari!r} {kari} {kari.__dict__} {kari.sealed_national_id!r}"

    assert shown.find(KARI_ID) == -1


MUST_READ = 'must read "1:<base64 of 32 bytes>,2:…", each version once.'
MUST_MATCH = (
    "NATIONAL_ID_HASH_KEYS and NATIONAL_ID_ENCRYPTION_KEYS must have the same versions."
)
USED_TWICE = (
    "A key of NATIONAL_ID_HASH_KEYS is used in NATIONAL_ID_ENCRYPTION_KEYS too."
)


@pytest.mark.parametrize(
    ("hash_keys", "encryption_keys", "said"),
    [
        ("", ring(SEAL_1), "NATIONAL_ID_HASH_KEYS holds no key."),
        (ring(b"short"), ring(SEAL_1), f"NATIONAL_ID_HASH_KEYS {MUST_READ}"),
        (ring(HASH_1), "not a key", f"NATIONAL_ID_ENCRYPTION_KEYS {MUST_READ}"),
        (ring(HASH_1, HASH_2), ring(SEAL_1), MUST_MATCH),
        (ring(HASH_1), ring(HASH_1), USED_TWICE),
    ],
)
def test_keys_that_are_not_in_order_are_said_before_deployment(
    settings: Settings, hash_keys: str, encryption_keys: str, said: str
) -> None:
    settings.NATIONAL_ID_HASH_KEYS = hash_keys
    settings.NATIONAL_ID_ENCRYPTION_KEYS = encryption_keys

    problems = keys_of_national_ids_are_in_order(None)

    assert [problem.msg for problem in problems] == [said]
    with pytest.raises(ImproperlyConfigured):
        seal_national_id(KARI_ID, customer_number="1001")
