"""Ends what a complete delivery lacks, and the brake on it.

A row whose key can't be read may be the very row that seems to be missing, so a file
with such rows proves no absence: then people decide.
"""

from datetime import date, datetime, time

from django.conf import settings
from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier

from meters.models import RegisterDelivery
from meters.register.beneath import end_beneath
from meters.register.files import HOLDINGS, INSTALLATIONS, RegisterFile
from meters.register.manifest import OSLO
from meters.register.report import Endings, Missing
from meters.register.staging import staged

_TABLES = {
    HOLDINGS.name: Identifier("meters_holding"),
    INSTALLATIONS.name: Identifier("meters_installation"),
}
# Where events tell of a point, absence ends what was delivered beneath them; what an
# event said, only an event takes back.
_DELIVERED = {
    HOLDINGS.name: Identifier("meters_deliveredholding"),
    INSTALLATIONS.name: Identifier("meters_deliveredinstallation"),
}
_FROM_EVENTS = {
    HOLDINGS.name: Identifier("p", "holdings_from_events"),
    INSTALLATIONS.name: Identifier("p", "installations_from_events"),
}

# What began on the delivery's own date can't end on it: that period would be empty.
_CURRENT = "t.starts_on < %(on)s AND (t.ends_on IS NULL OR t.ends_on > %(on)s)"

_FIND = """
CREATE TEMPORARY TABLE {ending} ON COMMIT DROP AS
SELECT t.id FROM {table} AS t
JOIN meters_meteringpoint AS p ON p.id = t.metering_point_id
WHERE {current} AND NOT {from_events} AND NOT EXISTS (
    SELECT FROM {staged} AS s WHERE s.gsrn = p.gsrn AND s.starts_on = t.starts_on
)
UNION ALL
SELECT t.id FROM {delivered} AS t
JOIN meters_meteringpoint AS p ON p.id = t.metering_point_id
WHERE {current} AND NOT EXISTS (
    SELECT FROM {staged} AS s WHERE s.gsrn = p.gsrn AND s.starts_on = t.starts_on
)
"""


def find_endings(cursor: CursorWrapper, *, on: date, now: datetime) -> Endings:
    """Gather the current rows that the staged files lack."""
    found, unreadable, current = {}, 0, 0
    for file in (HOLDINGS, INSTALLATIONS):
        names = {
            "ending": _ending(file),
            "table": _TABLES[file.name],
            "current": SQL(_CURRENT),
            "staged": staged(file),
            "delivered": _DELIVERED[file.name],
            "from_events": _FROM_EVENTS[file.name],
        }
        cursor.execute(SQL(_FIND).format(**names), {"on": on})
        found[file.name] = cursor.rowcount
        cursor.execute(
            SQL(
                "SELECT (SELECT count(*) FROM {table} AS t WHERE {current}),"
                " (SELECT count(*) FROM {staged} WHERE gsrn IS NULL)"
            ).format(**names),
            {"on": on},
        )
        of_file, without_key = cursor.fetchone()
        current += of_file
        unreadable += without_key
    midnight = datetime.combine(now.astimezone(OSLO).date(), time.min, tzinfo=OSLO)
    return Endings(
        holdings=found[HOLDINGS.name],
        installations=found[INSTALLATIONS.name],
        unreadable=unreadable,
        before=RegisterDelivery.objects.ended_since(midnight),
        limit=max(
            settings.REGISTER_BRAKE_ENDINGS,
            int(settings.REGISTER_BRAKE_SHARE * current),
        ),
    )


def list_endings(cursor: CursorWrapper, *, most: int) -> list[Missing]:
    """The first of the rows that were found, of each file by point and date."""
    found: list[Missing] = []
    for file in (HOLDINGS, INSTALLATIONS):
        cursor.execute(
            SQL(
                "SELECT p.gsrn, t.starts_on FROM {} AS e JOIN {} AS t ON t.id = e.id"
                " JOIN meters_meteringpoint AS p ON p.id = t.metering_point_id"
                " ORDER BY p.gsrn, t.starts_on LIMIT %s"
            ).format(_ending(file), _TABLES[file.name]),
            [most],
        )
        found += [Missing(file.file_name, *row) for row in cursor.fetchall()]
    return found


def end_missing(cursor: CursorWrapper, *, on: date, today: date) -> None:
    """End the rows that were found, from this Oslo date on."""
    for file in (HOLDINGS, INSTALLATIONS):
        cursor.execute(
            SQL(
                "UPDATE {} AS t SET ends_on = %s FROM {} AS e WHERE t.id = e.id"
            ).format(_TABLES[file.name], _ending(file)),
            [on],
        )
        end_beneath(cursor, file, _ending(file), on=on, today=today)


def forget_endings(cursor: CursorWrapper) -> None:
    """Drop what was gathered; more imports may follow in the transaction."""
    for file in (HOLDINGS, INSTALLATIONS):
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(_ending(file)))


def _ending(file: RegisterFile) -> Composable:
    return Identifier(f"ending_{file.name}")
