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
    died_on: date | None = None


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


@dataclass(frozen=True, kw_only=True)
class Representation:
    """A person who may act for a customer, from a date until before another."""

    representation_number: str
    customer_number: str
    ground: str
    name: str
    national_id: str
    email: str
    phone: str
    evidence: str
    starts_on: date
    ends_on: date | None


Row = Point | Meter | Customer | Installation | Holding | Representation
