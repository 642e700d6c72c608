"""What the files hold, row by row."""

from dataclasses import dataclass
from datetime import date

from hanportal.demo.neighbourhood.makes import Meter


@dataclass(frozen=True, kw_only=True)
class Point:
    """A metering point."""

    gsrn: str
    street_address: str
    postal_code: str
    city: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A person or an organisation."""

    customer_number: str
    kind: str
    name: str
    national_id: str = ""
    organisation_number: str = ""
    email: str = ""
    phone: str = ""
    language: str = "nb"
    protected_address: bool = False


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A meter at a point, from a date until before another."""

    gsrn: str
    starts_on: date
    ends_on: date | None
    meter: Meter


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A customer with a point, from a date until before another."""

    gsrn: str
    starts_on: date
    ends_on: date | None
    customer_number: str


Row = Point | Meter | Customer | Installation | Holding
