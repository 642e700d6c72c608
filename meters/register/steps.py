"""The steps of an import: which checks each file's rows pass, and how they land."""

from collections.abc import Callable
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from meters.register import checks, merge
from meters.register.beneath import keep_beneath
from meters.register.files import CUSTOMERS, METERING_POINTS, METERS, RegisterFile
from meters.register.manifest import oslo_today


def _check_points(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_duplicates(cursor, file)


def _check_meters(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_unknown_head_ends(cursor)
    checks.refuse_duplicates(cursor, file)
    checks.refuse_ambiguous_serials(cursor)


def _check_customers(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_duplicates(cursor, file)
    checks.refuse_shared_numbers(cursor)


def _check_installations(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_unknown_references(cursor, file, to=METERING_POINTS)
    checks.refuse_unknown_references(cursor, file, to=METERS)
    checks.refuse_duplicates(cursor, file)


def _check_holdings(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_unknown_references(cursor, file, to=METERING_POINTS)
    checks.refuse_unknown_references(cursor, file, to=CUSTOMERS)
    checks.refuse_duplicates(cursor, file)


# In this order: installations and holdings refer to what the others brought.
STEPS: tuple[
    tuple[merge.Target, Callable[[CursorWrapper, RegisterFile], None]], ...
] = (
    (merge.METERING_POINT_TARGET, _check_points),
    (merge.METER_TARGET, _check_meters),
    (merge.CUSTOMER_TARGET, _check_customers),
    (merge.INSTALLATION_TARGET, _check_installations),
    (merge.HOLDING_TARGET, _check_holdings),
)


def merge_file(
    cursor: CursorWrapper, target: merge.Target, *, now: datetime
) -> merge.Written:
    """Write the target's sound rows where they differ; says how many."""
    is_first = not target.places and merge.is_empty(cursor, target)
    if is_first:
        written = merge.fill(cursor, target, now=now)
    else:
        merge.find_changes(cursor, target, now=now)
        if target.places:
            checks.refuse_overlaps(
                cursor, target.file, table=target.table, places=target.places
            )
        written = merge.write_changes(cursor, target)
    if target is merge.METER_TARGET and written.new:
        of = merge.ALL_METERS if is_first else merge.NEW_METERS
        merge.make_ports(cursor, of=of, now=now)
    beneath = keep_beneath(cursor, target.file, today=oslo_today(now))
    return merge.Written(
        written.new + beneath.new, written.changed + beneath.changed, beneath.beneath
    )
