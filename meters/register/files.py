"""The files as data: their columns, their keys, and how each value is read.

docs/register.md describes the same for those who deliver them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from hanportal.accounts.actions import (
    InvalidNationalId,
    seal_national_id,
    sealed_for,
)
from hanportal.accounts.identifiers import validate_organisation_number
from hanportal.accounts.models import CustomerKind, Ground, RepresentationSource
from meters.register import values
from meters.register.report import Reason
from meters.register.values import NULL, Parse, Refused
from meters.states import HanCapability

YES_OR_NO = values.mapped({"yes": "t", "no": "f"})


class RowRefused(Refused):
    """Values that can't stand together; `column` is the one to look at."""

    def __init__(self, column: str, reason: Reason) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True)
class Column:
    """A column of a file, and the type that it is staged with."""

    name: str
    parse: Parse
    sql_type: str = "text"
    optional: bool = False
    """The header may lack it; then every row says nothing of it."""


@dataclass(frozen=True, kw_only=True)
class RegisterFile:
    """One of the five files. The columns of its key come first."""

    name: str
    columns: Sequence[Column]
    key: int
    """How many of the first columns identify a row."""
    staged_columns: Sequence[tuple[str, str]] = field(default=())
    """Names and types as staged, where they are not the file's own columns."""
    across: Callable[[list[str]], list[str]] | None = None
    """Checks the parsed values of a row together; gives the values to stage."""

    @property
    def file_name(self) -> str:
        """The name in the folder."""
        return f"{self.name}.csv"

    @property
    def staged(self) -> Sequence[tuple[str, str]]:
        """Names and types of what is staged, in order."""
        return self.staged_columns or [(c.name, c.sql_type) for c in self.columns]

    @property
    def key_columns(self) -> list[str]:
        """The columns that identify a row."""
        return [column.name for column in self.columns[: self.key]]


def _period_not_empty(row: list[str]) -> list[str]:
    # ISO dates sort as text. The period is half-open: the last date is not part of it.
    starts_on, ends_on = row[1:3]
    if ends_on != NULL and ends_on <= starts_on:
        raise RowRefused("ends_on", Reason.EMPTY_PERIOD)
    return row


def _identified(row: list[str]) -> list[str]:
    """Put the hash and the seal where the national id was, in no clear form left."""
    customer_number, kind, name, national_id, organisation_number, *contact = row
    if kind == CustomerKind.PERSON:
        if organisation_number:
            raise RowRefused("organisation_number", Reason.NOT_FOR_THIS_KIND)
        numbers = [*_sealed(national_id, customer_number), NULL]
    else:
        if national_id:
            raise RowRefused("national_id", Reason.NOT_FOR_THIS_KIND)
        if contact[-1] != NULL:
            raise RowRefused("died_on", Reason.NOT_FOR_THIS_KIND)
        numbers = [NULL, NULL, NULL, _organisation_number(organisation_number)]
    return [customer_number, kind, name, *numbers, *contact]


def _sealed(national_id: str, customer_number: str) -> list[str]:
    if not national_id:
        raise RowRefused("national_id", Reason.MISSING)
    try:
        sealed = seal_national_id(national_id, customer_number=customer_number)
    except InvalidNationalId:
        raise RowRefused("national_id", Reason.NATIONAL_ID) from None
    return [sealed.hash, "\\x" + sealed.sealed.hex(), str(sealed.key_version)]


def _representative(row: list[str]) -> list[str]:
    """Put the hash and the seal where the representative's national id was."""
    number, customer_number, ground, name, national_id, *rest = row
    starts_on, ends_on = rest[-2:]
    if ends_on != NULL and ends_on <= starts_on:
        raise RowRefused("ends_on", Reason.EMPTY_PERIOD)
    context = sealed_for(RepresentationSource.REGISTER.value, number)
    return [
        number,
        customer_number,
        ground,
        name,
        *_sealed(national_id, context),
        *rest,
    ]


def _organisation_number(value: str) -> str:
    if not value:
        raise RowRefused("organisation_number", Reason.MISSING)
    try:
        validate_organisation_number(value)
    except ValidationError:
        raise RowRefused("organisation_number", Reason.ORGANISATION_NUMBER) from None
    return value


def _as_it_is(value: str) -> str:
    return value


_DATE = values.remembered(values.iso_date)
_MANUFACTURER = values.remembered(values.text(40))


_PERIOD_OF_A_POINT = (
    Column("gsrn", values.gsrn),
    Column("starts_on", _DATE, "date"),
    Column("ends_on", values.optional(_DATE, empty=NULL), "date"),
)

METERING_POINTS = RegisterFile(
    name="metering_points",
    key=1,
    columns=[
        Column("gsrn", values.gsrn),
        Column("street_address", values.text(120)),
        Column("postal_code", values.remembered(values.postal_code)),
        Column("city", values.remembered(values.text(60))),
        Column("active", YES_OR_NO, "boolean"),
    ],
)

METERS = RegisterFile(
    name="meters",
    key=2,
    columns=[
        Column("manufacturer", _MANUFACTURER),
        Column("serial", values.serial),
        Column("model", values.remembered(values.text(40))),
        Column("head_end", values.remembered(values.text(20))),
        Column("han_capability", values.one_of(*HanCapability.values)),
    ],
)

CUSTOMERS = RegisterFile(
    name="customers",
    key=1,
    columns=[
        Column("customer_number", values.text(20)),
        Column("kind", values.one_of(*CustomerKind.values)),
        Column("name", values.text(120)),
        Column("national_id", _as_it_is),
        Column("organisation_number", _as_it_is),
        Column("email", values.optional(values.email)),
        Column("phone", values.optional(values.phone)),
        Column("language", values.one_of("nb", "nn", "en")),
        Column("protected_address", YES_OR_NO),
        Column("died_on", values.optional(_DATE, empty=NULL), "date", optional=True),
    ],
    staged_columns=[
        ("customer_number", "text"),
        ("kind", "text"),
        ("name", "text"),
        ("national_id_hash", "text"),
        ("national_id_sealed", "bytea"),
        ("national_id_key_version", "smallint"),
        ("organisation_number", "text"),
        ("email", "text"),
        ("phone", "text"),
        ("language", "text"),
        ("protected_address", "boolean"),
        ("died_on", "date"),
    ],
    across=_identified,
)

INSTALLATIONS = RegisterFile(
    name="installations",
    key=2,
    columns=[
        *_PERIOD_OF_A_POINT,
        Column("manufacturer", _MANUFACTURER),
        Column("serial", values.serial),
    ],
    across=_period_not_empty,
)

HOLDINGS = RegisterFile(
    name="holdings",
    key=2,
    columns=[
        *_PERIOD_OF_A_POINT,
        Column("customer_number", values.text(20)),
    ],
    across=_period_not_empty,
)

REPRESENTATIONS = RegisterFile(
    name="representations",
    key=1,
    columns=[
        Column("representation_number", values.text(20)),
        Column("customer_number", values.text(20)),
        Column(
            "ground",
            values.one_of(*(g.value for g in Ground if g != Ground.DELEGATE)),
        ),
        Column("name", values.text(120)),
        Column("national_id", _as_it_is),
        Column("email", values.optional(values.email)),
        Column("phone", values.optional(values.phone)),
        Column("evidence", values.text(120)),
        Column("starts_on", _DATE, "date"),
        Column("ends_on", values.optional(_DATE, empty=NULL), "date"),
    ],
    staged_columns=[
        ("representation_number", "text"),
        ("customer_number", "text"),
        ("ground", "text"),
        ("name", "text"),
        ("national_id_hash", "text"),
        ("national_id_sealed", "bytea"),
        ("national_id_key_version", "smallint"),
        ("email", "text"),
        ("phone", "text"),
        ("evidence", "text"),
        ("starts_on", "date"),
        ("ends_on", "date"),
    ],
    across=_representative,
)

FILES = (METERING_POINTS, METERS, CUSTOMERS, INSTALLATIONS, HOLDINGS)
"""In every delivery."""

EVERY_FILE = (*FILES, REPRESENTATIONS)
"""Also what a delivery may leave out."""
