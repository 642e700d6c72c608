"""National ids and organisation numbers: what passes, and what is said of the rest."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from hanportal.accounts.identifiers import (
    validate_national_id,
    validate_organisation_number,
)

FIRST_WEIGHTS = [3, 7, 6, 1, 8, 9, 4, 5, 2]
SECOND_WEIGHTS = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]


def code_of(value: str) -> str | None:
    try:
        validate_national_id(value)
    except ValidationError as error:
        return str(error.code)
    return None


def check_digits(nine: str, remainder: int) -> str | None:
    """The two digits after Skatteetaten's formula; None where one would be ten."""
    total = sum(int(d) * w for d, w in zip(nine, FIRST_WEIGHTS, strict=True))
    first = (11 + remainder - total % 11) % 11
    if first == 10:
        return None
    ten = f"{nine}{first}"
    total = sum(int(d) * w for d, w in zip(ten, SECOND_WEIGHTS, strict=True))
    second = (11 - total % 11) % 11
    return None if second == 10 else f"{first}{second}"


@st.composite
def beginnings(draw: st.DrawFn) -> str:
    """Six digits of a date, perhaps of a D-number or synthetic, and three more."""
    born = draw(st.dates())
    day = born.day + draw(st.sampled_from([0, 40]))
    month = born.month + draw(st.sampled_from([0, 80]))
    year = born.year % 100 if (born.month, born.day) != (2, 29) else 0
    return f"{day:02}{month:02}{year:02}{draw(st.integers(0, 999)):03}"


@pytest.mark.parametrize(
    "number",
    [
        # The examples that Skatteetaten gives of numbers issued from 2032.
        "02013299997",
        "02013299903",
        "02013299806",
        "30108299920",
        "30108299939",
        # Made for these tests: synthetic, D-number, both.
        "05818512378",
        "45037723499",
        "45837723454",
    ],
)
def test_published_and_synthetic_numbers_pass(number: str) -> None:
    assert code_of(number) is None


@given(nine=beginnings(), remainder=st.integers(0, 3))
def test_every_number_made_by_the_formula_passes(nine: str, remainder: int) -> None:
    digits = check_digits(nine, remainder)

    if digits is not None:
        assert code_of(nine + digits) is None


@given(nine=beginnings(), remainder=st.integers(4, 10))
def test_no_other_remainder_passes(nine: str, remainder: int) -> None:
    digits = check_digits(nine, remainder)

    if digits is not None:
        assert code_of(nine + digits) == "national_id_check_digits"


@given(
    nine=beginnings(),
    remainder=st.integers(0, 3),
    place=st.integers(6, 10),
    shift=st.integers(1, 9),
)
def test_one_wrong_digit_is_always_noticed(
    nine: str, remainder: int, place: int, shift: int
) -> None:
    digits = check_digits(nine, remainder)
    if digits is None:
        return
    number = nine + digits
    wrong = str((int(number[place]) + shift) % 10)

    mistyped = number[:place] + wrong + number[place + 1 :]

    assert code_of(mistyped) == "national_id_check_digits"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "national_id_length"),
        ("0581851237", "national_id_length"),
        ("058185123780", "national_id_length"),
        ("0581851237a", "national_id_length"),
        ("0581851237 ", "national_id_length"),
        ("٠٥٨١٨٥١٢٣٧٨", "national_id_length"),
        ("00000000000", "national_id_date"),
        ("31028512345", "national_id_date"),
        ("29029912345", "national_id_date"),
        ("32128512345", "national_id_date"),
        ("01138512345", "national_id_date"),
        # Help numbers are no national ids.
        ("05418512312", "national_id_date"),
        ("05818512379", "national_id_check_digits"),
    ],
)
def test_what_is_no_national_id_is_refused_with_its_reason(
    value: str, code: str
) -> None:
    assert code_of(value) == code


def test_the_message_does_not_repeat_the_number() -> None:
    with pytest.raises(ValidationError) as refused:
        validate_national_id("05818512379")

    assert refused.value.messages == [
        "Kontrollsifrene i nummeret stemmer ikke. Se etter skrivefeil."
    ]


def test_a_leap_day_of_the_year_00_passes() -> None:
    nine = "290200123"

    assert code_of(f"{nine}{check_digits(nine, 0)}") is None


def test_an_organisation_number_needs_its_check_digit() -> None:
    validate_organisation_number("974760673")

    with pytest.raises(ValidationError) as refused:
        validate_organisation_number("974760674")

    assert refused.value.code == "organisation_check_digit"
