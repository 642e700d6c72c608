"""The two files as data: their columns, their keys, and how each value is read."""

from meters.register import values
from meters.register.files import Column, RegisterFile
from meters.states import ReportedState
from orders.states import LegacyMethod, SecurityPlacement

CONSENTS = RegisterFile(
    name="consents",
    key=2,
    columns=[
        Column("gsrn", values.gsrn),
        Column("customer_number", values.text(20)),
        Column("given_on", values.remembered(values.iso_date), "date"),
        Column("method", values.one_of(*LegacyMethod.values)),
        Column("evidence", values.reference(60)),
        Column("security", values.optional(values.one_of(*SecurityPlacement.values))),
        Column("terms", values.optional(values.remembered(values.reference(120)))),
    ],
)

PORTS = RegisterFile(
    name="ports",
    key=2,
    columns=[
        Column("manufacturer", values.remembered(values.text(40))),
        Column("serial", values.serial),
        Column("state", values.one_of(ReportedState.OPEN, ReportedState.CLOSED)),
        Column("observed_at", values.moment, "timestamptz"),
    ],
)

FILES = (CONSENTS, PORTS)
