"""What is sent and what is answered, as the OpenAPI document describes it.

Items are described here and judged by the register, one by one, with its own checks:
a bad one must not spoil the whole batch.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import ConfigDict, WithJsonSchema

from meters.register import MOST_ITEMS, ItemOutcome, Reason

Json = dict[str, Any]

ID: Json = {
    "type": "string",
    "pattern": r"^[A-Za-z0-9._:-]{1,80}$",
    "description": "Your own id of this item; unique in the batch.",
    "examples": ["kis-2026-000123"],
}
GSRN: Json = {
    "type": "string",
    "pattern": "^[0-9]{18}$",
    "description": "Metering point; the GS1 check digit must hold.",
    "examples": ["707057500000000018"],
}
DATE: Json = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "description": "A calendar date in Norway. Periods are half-open.",
    "examples": ["2026-11-01"],
}
OPTIONAL_DATE: Json = {
    "type": ["string", "null"],
    "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
    "description": "The first day after; empty or null while the period runs on.",
}


def text(longest: int, example: str, about: str = "") -> Json:
    """A text of 1 to `longest` characters."""
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": longest,
        "examples": [example],
        **({"description": about} if about else {}),
    }


def optional(pattern: str, about: str) -> Json:
    """A text that may be empty or null."""
    return {"type": ["string", "null"], "pattern": pattern, "description": about}


def one_of(*choices: str) -> Json:
    """One of some words."""
    return {"type": "string", "enum": [*choices]}


SERIAL: Json = {
    "type": "string",
    "pattern": "^[A-Za-z0-9-]{1,20}$",
    "description": "Leading zeros belong to it.",
    "examples": ["7359992007368787"],
}
MANUFACTURER = text(40, "Aidon")
CUSTOMER_NUMBER = text(20, "100001")
BOOLEAN: Json = {"type": "boolean"}

EMAIL = r"^([^\s@]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,})?$"

CUSTOMER_FIELDS: Json = {
    "customer_number": CUSTOMER_NUMBER,
    "kind": one_of("person", "organisation"),
    "name": text(120, "Kari Nordby"),
    "national_id": optional(
        "^([0-9]{11})?$",
        "Needed of a person: fødselsnummer or D-number. Hashed and sealed at once.",
    ),
    "organisation_number": optional("^([0-9]{9})?$", "Needed of an organisation."),
    "email": optional(EMAIL, "May be empty."),
    "phone": optional(r"^(\+?[0-9 ]{5,15})?$", "5 to 15 digits."),
    "language": one_of("nb", "nn", "en"),
    "protected_address": BOOLEAN,
    "died_on": {
        "type": ["string", "null"],
        "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
        "description": "Of a person. Empty or null says nothing of a death.",
    },
}
CUSTOMER_REQUIRED = ["customer_number", "kind", "name", "language", "protected_address"]

ROWS: Mapping[str, tuple[Json, list[str]]] = {
    "metering_points": (
        {
            "gsrn": GSRN,
            "street_address": text(120, "Storgata 1"),
            "postal_code": {"type": "string", "pattern": "^[0-9]{4}$"},
            "city": text(60, "Oslo"),
            "active": BOOLEAN,
        },
        ["gsrn", "street_address", "postal_code", "city", "active"],
    ),
    "meters": (
        {
            "manufacturer": MANUFACTURER,
            "serial": SERIAL,
            "model": text(40, "6525"),
            "head_end": text(20, "aidon", "The code of a head-end that is registered."),
            "han_capability": one_of(
                "remote", "needs_module", "needs_visit", "unsupported"
            ),
        },
        ["manufacturer", "serial", "model", "head_end", "han_capability"],
    ),
    "customers": (CUSTOMER_FIELDS, CUSTOMER_REQUIRED),
    "installations": (
        {
            "gsrn": GSRN,
            "starts_on": DATE,
            "ends_on": OPTIONAL_DATE,
            "manufacturer": MANUFACTURER,
            "serial": SERIAL,
        },
        ["gsrn", "starts_on", "manufacturer", "serial"],
    ),
    "holdings": (
        {
            "gsrn": GSRN,
            "starts_on": DATE,
            "ends_on": OPTIONAL_DATE,
            "customer_number": CUSTOMER_NUMBER,
        },
        ["gsrn", "starts_on", "customer_number"],
    ),
}

ORDER: Json = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": 1_000_000,
    "description": "Your own order among events of one date.",
}
EVENT_FIELDS: Mapping[str, Json] = {
    "gsrn": GSRN,
    "effective_on": DATE,
    "customer_number": CUSTOMER_NUMBER,
    "manufacturer": MANUFACTURER,
    "serial": SERIAL,
    "rolls_back": ID | {"description": "Your id of the event that is taken back."},
    "customer": {
        "type": "object",
        "properties": CUSTOMER_FIELDS,
        "required": CUSTOMER_REQUIRED,
        "additionalProperties": False,
    },
}


def item_schema(properties: Json, required: list[str]) -> Json:
    """An object with an id and these properties, and no others."""
    return {
        "type": "object",
        "properties": {"id": ID} | properties,
        "required": ["id", *required],
        "additionalProperties": False,
    }


def event_schema(fields_of_kinds: Mapping[Any, tuple[str, ...]]) -> Json:
    """One alternative for each kind of event."""
    return {
        "oneOf": [
            item_schema(
                {
                    "kind": {"type": "string", "const": str(kind)},
                    "order": ORDER,
                    **{name: EVENT_FIELDS[name] for name in fields},
                },
                ["kind", *fields],
            )
            | {"title": str(kind)}
            for kind, fields in fields_of_kinds.items()
        ]
    }


def batch_of(name: str, item: Json) -> type[Schema]:
    """The body of a batch: its items are described as `item` and judged later."""
    described = Annotated[Any, WithJsonSchema(item)]
    return type(
        name,
        (Schema,),
        {
            "__annotations__": {"items": list[described]},
            "items": Field(
                ..., min_length=1, max_length=MOST_ITEMS, description="Done in order."
            ),
            "model_config": ConfigDict(extra="forbid"),
            "__module__": __name__,
        },
    )


class ItemAnswer(Schema):
    """What came of one item."""

    id: str = Field(description="Your id; empty where it cannot be repeated.")
    outcome: ItemOutcome
    reason: Reason | None = Field(description="For programs: the same in all versions.")
    field: str = Field(description="At fault; empty for the item as a whole.")
    message: str = Field(description="The reason in words. Repeats no value.")
    shape: str = Field(description="Of the value at fault: digits as 9, letters as a.")


class BatchAnswer(Schema):
    """What came of a batch, item by item in the order of the request."""

    results: list[ItemAnswer]


class Invalid(Schema):
    """Where the request has not the shape that is asked for."""

    pointer: str
    rule: str


class Problem(Schema):
    """RFC 9457. `reason` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    reason: str
    detail: str
    errors: list[Invalid] | None = None
    results: list[ItemAnswer] | None = None


class TokenAnswer(Schema):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="Seconds.")
    scope: str


class TokenRefusal(Schema):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str


class HoldingAnswer(Schema):
    """A customer who holds the point."""

    customer_number: str
    starts_on: str
    ends_on: str | None


class InstallationAnswer(Schema):
    """A meter that sits at the point."""

    manufacturer: str
    serial: str
    starts_on: str
    ends_on: str | None


class PointAnswer(Schema):
    """What the register says of a point. No address: that is yours already."""

    gsrn: str
    active: bool
    holdings: list[HoldingAnswer]
    installations: list[InstallationAnswer]


class EventAnswer(Schema):
    """An event of yours as it was taken."""

    id: str
    kind: str
    effective_on: str | None
    rolls_back: str | None
    received_at: str
    outcome: str = Field(description="What it did when it came.")
    rolled_back: bool = Field(description="Whether an event takes it back by now.")
