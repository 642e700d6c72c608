"""Who died, and who may act for whom: what lands with an event of each.

Both are few beside points and meters, and each changes what people may do, so each row
that changes something is told in the log by itself.
"""

from datetime import datetime

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Literal

from hanportal.accounts.models import RepresentationSource
from hanportal.audit.log import Actor, Subject, record
from meters.register import checks
from meters.register.files import CUSTOMERS, REPRESENTATIONS
from meters.register.merge import Written, new_id
from meters.register.recording import CHAIN, REGISTER
from meters.register.report import Reason
from meters.register.staging import changes, staged

# An empty cell says nothing: what the customer centre learnt first stays. Nor does a
# row where an event speaks.
_DEATHS = """
UPDATE accounts_customer AS t SET died_on = s.died_on FROM {staged} AS s
WHERE s.problem IS NULL AND s.died_on IS NOT NULL
    AND t.customer_number = s.customer_number AND t.died_on IS DISTINCT FROM s.died_on
    AND NOT EXISTS (
        SELECT FROM meters_registerevent AS told
        WHERE told.customer_id = t.id AND told.kind = 'customer_died'
        AND NOT EXISTS (
            SELECT FROM meters_registerevent AS taken_back
            WHERE taken_back.sender = told.sender
                AND taken_back.rolls_back = told.sender_id
        )
    )
RETURNING t.id, s.line, s.died_on
"""

_TRACED = ("representation_leaves_a_trace", "representation_end_leaves_a_trace")
"""The triggers that want an event of each change, by the end of the transaction."""

_EDITED = """
SELECT s.line, NULL FROM {staged} AS s
JOIN accounts_representation AS t
    ON t.source = {source} AND t.number = s.representation_number
JOIN accounts_customer AS c ON c.customer_number = s.customer_number
WHERE t.represented_id <> c.id OR t.ground <> s.ground OR t.starts_on <> s.starts_on
    OR t.evidence <> s.evidence
    OR (t.national_id_key_version = s.national_id_key_version
        AND t.national_id_hash <> s.national_id_hash)
"""

_UNFIT = """
SELECT s.line, NULL FROM {staged} AS s
JOIN accounts_customer AS c ON c.customer_number = s.customer_number
WHERE (c.kind = 'organisation') <> (s.ground = 'business')
"""

_OWN = """
SELECT s.line, NULL FROM {staged} AS s
JOIN accounts_customer AS c ON c.customer_number = s.customer_number
WHERE c.national_id_hash = s.national_id_hash
"""

_INSERT = """
INSERT INTO accounts_representation (
    id, source, number, represented_id, name, national_id_hash, national_id_sealed,
    national_id_key_version, email, phone, ground, starts_on, ends_on, evidence,
    registered_at, registered_by, revoked_by
)
SELECT {new_id}, {source}, s.representation_number, c.id, s.name, s.national_id_hash,
    s.national_id_sealed, s.national_id_key_version, s.email, s.phone, s.ground,
    s.starts_on, s.ends_on, s.evidence, {now}, {by}, ''
FROM {staged} AS s
JOIN accounts_customer AS c ON c.customer_number = s.customer_number
WHERE s.problem IS NULL AND NOT EXISTS (
    SELECT FROM accounts_representation AS t
    WHERE t.source = {source} AND t.number = s.representation_number
)
ORDER BY s.line
RETURNING id, number, ground, starts_on::text, ends_on::text, name, evidence
"""

_UPDATE = """
UPDATE accounts_representation AS t
SET ends_on = s.ends_on, email = s.email, phone = s.phone
FROM {staged} AS s
WHERE s.problem IS NULL AND t.source = {source} AND t.number = s.representation_number
    AND (t.ends_on, t.email, t.phone) IS DISTINCT FROM (s.ends_on, s.email, s.phone)
RETURNING t.id, t.number, t.ground, t.ends_on::text
"""


def land_deaths(cursor: CursorWrapper, *, by: Actor, at: datetime) -> list[int]:
    """Keep who died by the staged rows; the lines of those that were news."""
    cursor.execute(SQL(_DEATHS).format(staged=staged(CUSTOMERS)))
    deaths = cursor.fetchall()
    for customer_id, _line, died_on in deaths:
        record(
            chain=CHAIN,
            what="customer.died",
            who=by,
            on=Subject("customer", customer_id),
            at=at,
            personal={"died_on": died_on.isoformat()},
        )
    return [line for _id, line, _on in deaths]


def changed_in_nothing_else(cursor: CursorWrapper, died: list[int]) -> int:
    """How many customers, of those who died by these lines."""
    return len(died) - _counted_already(cursor, died)


def merge_representations(cursor: CursorWrapper, *, now: datetime) -> Written:
    """Write who may act for whom: new rows, and what may change in those there are.

    A right is never edited. The register moves its end, and says how to reach the
    representative; anything else needs a right of its own.
    """
    # An event can only be written of a row that is there.
    cursor.execute(f"SET CONSTRAINTS {', '.join(_TRACED)} DEFERRED")
    _check(cursor)
    names = {
        "staged": staged(REPRESENTATIONS),
        "source": Literal(RepresentationSource.REGISTER.value),
    }
    cursor.execute(SQL(_UPDATE).format(**names))
    changed = cursor.fetchall()
    for each, number, ground, ends_on in changed:
        record(
            chain=CHAIN,
            what="representation.changed",
            who=REGISTER,
            on=Subject("representation", each),
            at=now,
            facts={"number": number, "ground": ground, "ends_on": ends_on},
        )
    cursor.execute(
        SQL(_INSERT).format(
            **names,
            new_id=new_id(now),
            now=Literal(now),
            by=Literal(REGISTER.reference),
        )
    )
    made = cursor.fetchall()
    for row in made:
        _record_registration(row, now=now)
    return Written(new=len(made), changed=len(changed))


def _record_registration(row: tuple[object, ...], *, now: datetime) -> None:
    each, number, ground, starts_on, ends_on, name, evidence = row
    record(
        chain=CHAIN,
        what="representation.registered",
        who=REGISTER,
        on=Subject("representation", each),  # type: ignore[arg-type] # a UUID
        at=now,
        facts={
            "ground": str(ground),
            "source": RepresentationSource.REGISTER.value,
            "number": str(number),
            "starts_on": str(starts_on),
            "ends_on": None if ends_on is None else str(ends_on),
        },
        personal={"representative": str(name), "evidence": str(evidence)},
    )


def _check(cursor: CursorWrapper) -> None:
    checks.refuse_unknown_references(cursor, REPRESENTATIONS, to=CUSTOMERS)
    checks.refuse_duplicates(cursor, REPRESENTATIONS)
    names = {
        "staged": staged(REPRESENTATIONS),
        "source": Literal(RepresentationSource.REGISTER.value),
    }
    for query, reason, column in (
        (_UNFIT, Reason.GROUND_UNFIT, "ground"),
        (_OWN, Reason.REPRESENTS_SELF, "national_id"),
        (_EDITED, Reason.EDITED, "representation_number"),
    ):
        rows = SQL(query).format(**names)
        checks.refuse(cursor, REPRESENTATIONS, reason=reason, column=column, rows=rows)


def _counted_already(cursor: CursorWrapper, lines: list[int]) -> int:
    """How many of these lines are new, or changed in something else too."""
    cursor.execute(
        "SELECT to_regclass(%s) IS NOT NULL", [f"pg_temp.changes_{CUSTOMERS.name}"]
    )
    (has_changes,) = cursor.fetchone()
    if not has_changes:
        # The table was filled from nothing: every row of it is new.
        return len(lines)
    cursor.execute(
        SQL("SELECT count(*) FROM {} WHERE line = ANY(%s)").format(changes(CUSTOMERS)),
        [lines],
    )
    (counted,) = cursor.fetchone()
    return int(counted)
