"""National identity numbers and organisation numbers: their check digits."""

from datetime import date
from operator import mul

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ORGANISATION_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)

FIRST_CHECK_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_CHECK_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
FIRST_REMAINDERS = frozenset({0, 1, 2, 3})
"""What the first check may leave. Numbers issued before 2032 leave 0, those issued from
then on 0 to 3. When a number was issued cannot be told from it, so Skatteetaten has
both rules hold side by side. The second check always leaves 0."""

D_NUMBER_DAYS = 40
SYNTHETIC_MONTHS = 80


def validate_organisation_number(value: str) -> None:
    """Refuse anything that is not a Norwegian organisation number.

    :raises ValidationError: wrong length, other characters, or wrong check digit.
    """
    if len(value) != 9 or not (value.isascii() and value.isdigit()):
        raise ValidationError(
            _("Organisasjonsnummer må ha nøyaktig 9 sifre."), code="organisation_length"
        )
    total = sum(
        int(digit) * weight
        for digit, weight in zip(value, ORGANISATION_WEIGHTS, strict=False)
    )
    if -total % 11 != int(value[8]):
        raise ValidationError(
            _("Kontrollsifferet i organisasjonsnummeret stemmer ikke."),
            code="organisation_check_digit",
        )


def validate_national_id(value: str) -> None:
    """Refuse anything that is no fødselsnummer or D-number.

    Synthetic numbers of the register's test data (Tenor: month + 80) pass. Help numbers
    (month + 40) do not: each institution hands out its own, so two people may share
    one. Neither sex nor century is read from the number. The messages never repeat it.

    :raises ValidationError: wrong length, other characters, an impossible date, or
        wrong check digits.
    """
    if len(value) != 11 or not (value.isascii() and value.isdigit()):
        raise ValidationError(
            _("Fødselsnummer og D-nummer må ha nøyaktig 11 sifre."),
            code="national_id_length",
        )
    if not _carries_a_date(value):
        raise ValidationError(
            _("De seks første sifrene er ikke en gyldig dato."), code="national_id_date"
        )
    first = _weighted_remainder(value, FIRST_CHECK_WEIGHTS)
    second = _weighted_remainder(value, SECOND_CHECK_WEIGHTS)
    if first not in FIRST_REMAINDERS or second != 0:
        raise ValidationError(
            _("Kontrollsifrene i nummeret stemmer ikke. Se etter skrivefeil."),
            code="national_id_check_digits",
        )


def _weighted_remainder(value: str, weights: tuple[int, ...]) -> int:
    total: int = sum(map(mul, map(int, value), weights))
    return total % 11


def _carries_a_date(value: str) -> bool:
    day, month, year = int(value[:2]), int(value[2:4]), int(value[4:6])
    if day > D_NUMBER_DAYS:
        day -= D_NUMBER_DAYS
    if month > SYNTHETIC_MONTHS:
        month -= SYNTHETIC_MONTHS
    # The century is not known. Of all the years that a pair of digits may mean, the
    # one from 2000 has a leap day whenever any of them has one.
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True
