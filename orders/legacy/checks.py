"""What of the two files can't stand beside the register and the portal's own rows.

Callers hold the ports' locks: nobody orders anything at these points meanwhile.
"""

from datetime import datetime

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Literal

from meters.register.checks import refuse, refuse_duplicates
from meters.register.report import Reason
from orders.deadlines import oslo_date
from orders.legacy.files import CONSENTS, PORTS
from orders.states import Channel

# Those known from an earlier import, whether the consent has ended since or not.
_KNOWN = """
CREATE TEMPORARY TABLE known_consents ON COMMIT DROP AS
SELECT s.line,
    (c.legacy_method, c.legacy_evidence, c.security, c.legacy_terms)
        = (s.method, s.evidence, s.security, s.terms) AS is_same
FROM staged_consents AS s
JOIN meters_meteringpoint AS p ON p.gsrn = s.gsrn
JOIN accounts_customer AS k ON k.customer_number = s.customer_number
JOIN orders_consent AS c ON c.metering_point_id = p.id AND c.customer_id = k.id
    AND c.channel = {legacy}
    AND c.given_at = s.given_on::timestamp AT TIME ZONE 'Europe/Oslo'
WHERE s.problem IS NULL
"""

_NEW = """
    FROM staged_consents AS s
    JOIN meters_meteringpoint AS p ON p.gsrn = s.gsrn
    JOIN accounts_customer AS k ON k.customer_number = s.customer_number
    {joined}
    WHERE NOT EXISTS (SELECT FROM known_consents AS n WHERE n.line = s.line)
    AND {condition}
"""

_HOLDING = """
    LEFT JOIN meters_holding AS h ON h.metering_point_id = p.id
        AND h.customer_id = k.id AND h.starts_on <= {today}
        AND (h.ends_on IS NULL OR h.ends_on > {today})
"""

_NEWER = """(
    EXISTS (
        SELECT FROM orders_consent AS c WHERE c.metering_point_id = p.id
        AND c.customer_id = k.id AND c.channel <> {legacy}
    )
    OR EXISTS (
        SELECT FROM orders_order AS o
        JOIN orders_placement AS l ON l.id = o.placement_id
        WHERE o.metering_point_id = p.id AND l.customer_id = k.id
    )
)"""

_HAS_CONSENT = """EXISTS (
    SELECT FROM orders_consent AS c
    WHERE c.metering_point_id = p.id AND c.ended_at IS NULL
)"""


def check_consents(cursor: CursorWrapper, *, now: datetime) -> None:
    """A consent stands for who holds the point now, and where nothing newer is known.

    What was imported before is left alone, also when the customer has moved since.
    """
    today = Literal(oslo_date(now))
    legacy = Literal(Channel.LEGACY.value)
    _refuse_future(cursor, today=today)
    _refuse_unknown(cursor)
    refuse_duplicates(cursor, CONSENTS)
    cursor.execute(SQL(_KNOWN).format(legacy=legacy))
    differing = SQL("SELECT line, NULL FROM known_consents WHERE NOT is_same")
    refuse(
        cursor,
        CONSENTS,
        reason=Reason.CONSENT_DIFFERS,
        column="evidence",
        rows=differing,
    )
    holding = SQL(_HOLDING).format(today=today)
    refused: tuple[tuple[Reason, str, Composable, Composable], ...] = (
        (Reason.POINT_INACTIVE, "gsrn", SQL(""), SQL("NOT p.is_active")),
        (Reason.NOT_HOLDER, "customer_number", holding, SQL("h.id IS NULL")),
        (Reason.BEFORE_HOLDING, "given_on", holding, SQL("s.given_on < h.starts_on")),
        (Reason.NEWER_IN_PORTAL, "gsrn", SQL(""), SQL(_NEWER).format(legacy=legacy)),
        (Reason.HAS_CONSENT, "gsrn", SQL(""), SQL(_HAS_CONSENT)),
    )
    for reason, column, joined, condition in refused:
        detail = SQL("h.starts_on::text" if reason is Reason.BEFORE_HOLDING else "NULL")
        rows = SQL("SELECT s.line, {} {}").format(
            detail, SQL(_NEW).format(joined=joined, condition=condition)
        )
        refuse(cursor, CONSENTS, reason=reason, column=column, rows=rows)


def check_ports(cursor: CursorWrapper, *, now: datetime) -> None:
    """A state is of a registered meter, and was seen before now."""
    unknown = SQL(
        "SELECT s.line, NULL FROM staged_ports AS s WHERE s.problem IS NULL"
        " AND NOT EXISTS (SELECT FROM meters_meter AS m"
        " WHERE m.manufacturer = s.manufacturer AND m.serial = s.serial)"
    )
    reason = Reason.NOT_REGISTERED
    refuse(cursor, PORTS, reason=reason, column="serial", rows=unknown)
    ahead = SQL("SELECT line, NULL FROM staged_ports WHERE observed_at > {}").format(
        Literal(now)
    )
    refuse(cursor, PORTS, reason=Reason.IN_THE_FUTURE, column="observed_at", rows=ahead)
    refuse_duplicates(cursor, PORTS)


def _refuse_future(cursor: CursorWrapper, *, today: Composable) -> None:
    ahead = SQL("SELECT line, NULL FROM staged_consents WHERE given_on > {}").format(
        today
    )
    refuse(cursor, CONSENTS, reason=Reason.IN_THE_FUTURE, column="given_on", rows=ahead)


def _refuse_unknown(cursor: CursorWrapper) -> None:
    for column, table in (
        ("gsrn", "meters_meteringpoint"),
        ("customer_number", "accounts_customer"),
    ):
        unknown = SQL(
            "SELECT s.line, NULL FROM staged_consents AS s WHERE s.problem IS NULL"
            " AND NOT EXISTS (SELECT FROM {table} AS t WHERE t.{column} = s.{column})"
        ).format(table=SQL(table), column=SQL(column))
        reason = Reason.NOT_REGISTERED
        refuse(cursor, CONSENTS, reason=reason, column=column, rows=unknown)
