"""What a caller may be asked, and the register's answer to it.

An answer is read one question at a time, when the caller's own has been written down.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.models import Customer, CustomerKind, Representation
from meters.models import Meter, MeteringPoint

D_NUMBER_DAYS = 40
SYNTHETIC_MONTHS = 80
SERIAL_END = 4


class Key(StrEnum):
    """The questions, by the names that a verification keeps."""

    BIRTH_DATE = "birth_date"
    STREET_ADDRESS = "street_address"
    METER_SERIAL_END = "meter_serial_end"
    CUSTOMER_NUMBER = "customer_number"
    PHONE = "phone"
    EMAIL = "email"


class SecondKey(StrEnum):
    """Questions that only who acts for the customer can answer."""

    BIRTH_DATE = "representative_birth_date"
    EVIDENCE = "representative_evidence"
    EMAIL = "representative_email"
    PHONE = "representative_phone"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question as the agent reads it aloud. It carries no answer."""

    key: Key | SecondKey
    text: str | Promise


_TEXTS: dict[Key, str | Promise] = {
    Key.BIRTH_DATE: _("Hva er fødselsdatoen din?"),
    Key.STREET_ADDRESS: _("Hvilken gateadresse har du nettavtale for?"),
    Key.METER_SERIAL_END: _("Hva er de fire siste sifrene i målernummeret?"),
    Key.CUSTOMER_NUMBER: _("Hva er kundenummeret ditt? Det står på fakturaen."),
    Key.PHONE: _("Hvilket telefonnummer har vi registrert på deg?"),
    Key.EMAIL: _("Hvilken e-postadresse har vi registrert på deg?"),
}


_SECOND_TEXTS: dict[SecondKey, str | Promise] = {
    SecondKey.BIRTH_DATE: _("Hva er fødselsdatoen din, du som ringer?"),
    SecondKey.EVIDENCE: _("Hvilket dokument gir deg rett til å handle for kunden?"),
    SecondKey.EMAIL: _("Hvilken e-postadresse har vi på deg som representant?"),
    SecondKey.PHONE: _("Hvilket telefonnummer har vi på deg som representant?"),
}


def second_questions(representation: Representation) -> tuple[Question, ...]:
    """What can be checked of who acts for a customer."""
    can_be_checked = {
        SecondKey.BIRTH_DATE: True,
        SecondKey.EVIDENCE: True,
        SecondKey.EMAIL: bool(representation.email),
        SecondKey.PHONE: bool(representation.phone),
    }
    return tuple(
        Question(key=key, text=_SECOND_TEXTS[key])
        for key, can in can_be_checked.items()
        if can
    )


@sensitive_variables()
def second_answers(representation: Representation, key: SecondKey) -> tuple[str, ...]:
    """What stands in the representation."""
    if key == SecondKey.BIRTH_DATE:
        return (_birth_date(representation.open_national_id()),)
    if key == SecondKey.EVIDENCE:
        return (representation.evidence,)
    return (representation.email if key == SecondKey.EMAIL else representation.phone,)


def questions_for(customer: Customer, *, today: date) -> tuple[Question, ...]:
    """What the register can check of this customer."""
    has_point = MeteringPoint.objects.held_by(customer, on=today).exists()
    can_be_checked = {
        Key.BIRTH_DATE: customer.kind == CustomerKind.PERSON,
        Key.STREET_ADDRESS: has_point and not customer.has_protected_address,
        Key.METER_SERIAL_END: has_point,
        Key.CUSTOMER_NUMBER: True,
        Key.PHONE: bool(customer.phone),
        Key.EMAIL: bool(customer.email),
    }
    return tuple(
        Question(key=key, text=_TEXTS[key])
        for key, can in can_be_checked.items()
        if can
    )


@sensitive_variables()
def right_answers(customer: Customer, key: Key, *, today: date) -> tuple[str, ...]:
    """What the register says: any one of these is right."""
    if key == Key.BIRTH_DATE:
        return (_birth_date(customer.open_national_id() or ""),)
    if key == Key.STREET_ADDRESS:
        points = MeteringPoint.objects.held_by(customer, on=today).by_address()
        return tuple(dict.fromkeys(point.street_address for point in points))
    if key == Key.METER_SERIAL_END:
        return tuple(serial[-SERIAL_END:] for serial in _serials(customer, today=today))
    if key == Key.CUSTOMER_NUMBER:
        return (customer.customer_number,)
    if key == Key.PHONE:
        return (customer.phone,)
    return tuple(dict.fromkeys((customer.email, customer.notice_address)))


def _serials(customer: Customer, *, today: date) -> Iterable[str]:
    points = MeteringPoint.objects.held_by(customer, on=today)
    return (
        Meter.objects.filter(
            Q(installations__ends_on__isnull=True)
            | Q(installations__ends_on__gt=today),
            installations__starts_on__lte=today,
            installations__metering_point__in=points,
        )
        .order_by("serial")
        .values_list("serial", flat=True)
    )


@sensitive_variables()
def _birth_date(national_id: str) -> str:
    """Day, month and the year's two last digits; the century is not in the number."""
    day, month = int(national_id[:2]), int(national_id[2:4])
    if day > D_NUMBER_DAYS:
        day -= D_NUMBER_DAYS
    if month > SYNTHETIC_MONTHS:
        month -= SYNTHETIC_MONTHS
    return f"{day:02}.{month:02}.{national_id[4:6]}"
