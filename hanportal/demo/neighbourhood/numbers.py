"""Numbers with valid check digits that belong to nobody."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

GSRN_PREFIX = "707057500"
SYNTHETIC_MONTHS = 80
"""Added to the month in the test numbers of the national register (Tenor)."""

FIRST_BIRTH = date(1940, 1, 1)
LAST_BIRTH = date(2007, 12, 31)
LAST_INDIVIDUAL = 499
"""Given to nobody before twelve million others have their number."""

FIRST_SYNTHETIC_ORGANISATION = 31_000_000
"""Test organisations are numbered from 31…; real ones from 8 and 9."""


def gsrn(number: int) -> str:
    """The GSRN of the n-th metering point: prefix, eight digits, check digit."""
    body = f"{GSRN_PREFIX}{number:08d}"
    total = sum(int(d) * (3, 1)[place % 2] for place, d in enumerate(body))
    return f"{body}{-total % 10}"


def national_ids() -> Iterator[str]:
    """Synthetic national ids, all different, more than four million of them."""
    days = (LAST_BIRTH - FIRST_BIRTH).days + 1
    for number in count():
        # A stride without common factors visits every day before one comes again.
        born = FIRST_BIRTH + timedelta(days=number * 7919 % days)
        if checked := _national_id(born, number // days):
            yield checked


def representatives_ids() -> Iterator[str]:
    """Synthetic national ids of people who are no customers; none of the others'."""
    for number in count():
        born = date(1965, 1, 1) + timedelta(days=number * 7919 % 9000)
        if checked := _national_id(born, LAST_INDIVIDUAL):
            yield checked


def organisation_numbers() -> Iterator[str]:
    """Organisation numbers, all different."""
    for number in count(FIRST_SYNTHETIC_ORGANISATION):
        check = -_weighted(str(number), (3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            yield f"{number}{check}"


def _national_id(born: date, individual: int) -> str | None:
    # 000–499 for those born before 2000, 500–999 after.
    if individual >= 500:
        raise ValueError("A neighbourhood of this size has no numbers left to give.")
    individual += 500 if born.year >= 2000 else 0
    month = born.month + SYNTHETIC_MONTHS
    body = f"{born:%d}{month:02d}{born:%y}{individual:03d}"
    first = -_weighted(body, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    # A check digit of ten does not exist: such numbers are never given out.
    if first == 10:
        return None
    second = -_weighted(f"{body}{first}", (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return None if second == 10 else f"{body}{first}{second}"


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(d) * weight for d, weight in zip(digits, weights, strict=True))
