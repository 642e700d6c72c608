"""The identifiers of metering points and meters: GSRN and serial number."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

GSRN_LENGTH = 18
NORWEGIAN_PREFIX = "707057500"
SERIAL_LENGTH = 20


def gsrn_check_digit(first_17_digits: str) -> int:
    """The GS1 modulo 10 check digit: weights 3, 1, 3, 1… from the left."""
    # Summed as ASCII codes: the 17 zeros weigh 9 * 3 + 8 = 35 times 48, a multiple
    # of 10, so they need not be taken off. Millions of points pass here.
    codes = first_17_digits.encode("ascii")
    return -(3 * sum(codes[0::2]) + sum(codes[1::2])) % 10


def validate_gsrn(value: str) -> None:
    """Refuse anything that is not a GSRN. Any prefix passes.

    :raises ValidationError: wrong length, other characters, or wrong check digit.
    """
    if len(value) != GSRN_LENGTH or not (value.isascii() and value.isdigit()):
        raise ValidationError(
            _("Målepunkt-ID må ha nøyaktig 18 sifre."), code="gsrn_length"
        )
    if gsrn_check_digit(value[:-1]) != int(value[-1]):
        raise ValidationError(
            _("Kontrollsifferet i målepunkt-ID-en stemmer ikke."),
            code="gsrn_check_digit",
        )


def has_norwegian_prefix(gsrn: str) -> bool:
    """True for the prefix that Norwegian points usually carry (only a warning)."""
    return gsrn.startswith(NORWEGIAN_PREFIX)


def validate_serial(value: str) -> None:
    """Refuse what cannot be a meter's serial: 1 to 20 letters, digits or hyphens.

    Leading zeros belong to it, and no check digit is enforced.

    :raises ValidationError: empty, too long, or other characters.
    """
    if not 1 <= len(value) <= SERIAL_LENGTH or not value.isascii():
        raise ValidationError(
            _("Målernummer må ha mellom 1 og 20 tegn (A–Z, 0–9 og bindestrek)."),
            code="serial_length",
        )
    if not value.replace("-", "").isalnum():
        raise ValidationError(
            _("Målernummer kan bare ha bokstavene A–Z, sifre og bindestrek."),
            code="serial_characters",
        )
