"""GSRNs and serials: what passes and what does not."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.identifiers import (
    gsrn_check_digit,
    has_norwegian_prefix,
    validate_gsrn,
    validate_serial,
)

DIGITS = "0123456789"
in_its_own_time = settings(deadline=None)
bodies = st.text(DIGITS, min_size=17, max_size=17)


def code_of(value: str) -> str | None:
    """Why a GSRN is refused; None when it passes."""
    try:
        validate_gsrn(value)
    except ValidationError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("gsrn", "code"),
    [
        ("707057500999999997", None),
        ("707057500000000001", None),
        ("735999200000000017", None),
        ("707057500012345678", "gsrn_check_digit"),
        ("", "gsrn_length"),
        ("70705750099999999", "gsrn_length"),
        ("7070575009999999970", "gsrn_length"),
        ("70705750099999999x", "gsrn_length"),
        ("70705750099999999７", "gsrn_length"),
        (" 07057500999999997", "gsrn_length"),
    ],
)
def test_gsrns_of_the_field(gsrn: str, code: str | None) -> None:
    assert code_of(gsrn) == code


@in_its_own_time
@given(bodies)
def test_a_body_with_its_check_digit_passes(body: str) -> None:
    assert code_of(f"{body}{gsrn_check_digit(body)}") is None


@in_its_own_time
@given(bodies)
def test_the_check_digit_is_the_one_of_gs1(body: str) -> None:
    weighted = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body)
    )
    assert (weighted + gsrn_check_digit(body)) % 10 == 0
    assert 0 <= gsrn_check_digit(body) <= 9


@in_its_own_time
@given(bodies, st.integers(0, 17), st.sampled_from(DIGITS))
def test_one_wrong_digit_is_always_found(body: str, place: int, digit: str) -> None:
    gsrn = f"{body}{gsrn_check_digit(body)}"
    wrong = gsrn[:place] + digit + gsrn[place + 1 :]
    assert code_of(wrong) == (None if wrong == gsrn else "gsrn_check_digit")


@in_its_own_time
@given(st.text(max_size=20))
def test_anything_at_all_is_judged(text: str) -> None:
    assert code_of(text) in {None, "gsrn_length", "gsrn_check_digit"}


def test_only_the_usual_prefix_is_usual() -> None:
    assert has_norwegian_prefix("707057500999999997") is True
    assert has_norwegian_prefix("735999200000000017") is False


@pytest.mark.parametrize(
    "serial", ["0", "007", "5706567274389702", "A" * 20, "KAM-12a"]
)
def test_serials_that_pass(serial: str) -> None:
    validate_serial(serial)


@pytest.mark.parametrize("serial", ["", "1" * 21, "12 34", "--", "måler", "1/2", "１"])
def test_serials_that_do_not(serial: str) -> None:
    with pytest.raises(ValidationError):
        validate_serial(serial)
