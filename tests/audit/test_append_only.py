"""What the tables refuse, to whom, and what other tables may demand of the log."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import psycopg2
import pytest
from django.db import IntegrityError, connection, transaction
from psycopg2.extensions import connection as RawConnection  # noqa: N812 -- a class
from uuid6 import uuid7

from hanportal.audit.log import Event, Subject
from hanportal.audit.models import PersonalDetail
from tests.audit.scene import Write, raw_connection

CHANGES = {
    "UPDATE audit_event SET what = 'order.forged'": "UPDATE of audit_event",
    "UPDATE audit_event SET hash = hash WHERE false": "UPDATE of audit_event",
    "DELETE FROM audit_event": "DELETE of audit_event",
    "DELETE FROM audit_event WHERE false": "DELETE of audit_event",
    "TRUNCATE audit_event": "TRUNCATE of audit_event",
    "UPDATE audit_personaldetail SET value = ''": "UPDATE of audit_personaldetail",
    "TRUNCATE audit_personaldetail": "TRUNCATE of audit_personaldetail",
    "INSERT INTO audit_event SELECT * FROM audit_event "
    "ON CONFLICT (id) DO UPDATE SET what = 'order.forged'": "UPDATE of audit_event",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_the_log(
    write: Write, application: RawConnection, change: str
) -> None:
    event = write(personal={"address": "Bjørkelia 1"})

    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        application.cursor().execute(change)

    assert_untouched(event)


@pytest.mark.parametrize(("change", "named"), CHANGES.items())
def test_the_owner_is_refused_by_the_triggers(
    write: Write, owner: RawConnection, change: str, named: str
) -> None:
    event = write(personal={"address": "Bjørkelia 1"})

    with pytest.raises(psycopg2.errors.RestrictViolation) as refusal:
        owner.cursor().execute(change)

    said = refusal.value.diag.message_primary
    assert said == f"The audit log is append-only: {named} is refused."
    assert_untouched(event)


def test_switching_ordinary_triggers_off_does_not_open_the_log(
    write: Write, committed_database: str
) -> None:
    event = write(personal={"address": "Bjørkelia 1"})
    superuser = raw_connection("none")
    superuser.cursor().execute("SET session_replication_role = replica")

    with pytest.raises(psycopg2.errors.RestrictViolation):
        superuser.cursor().execute("DELETE FROM audit_event")

    superuser.close()
    assert_untouched(event)


def assert_untouched(event: Event) -> None:
    kept = Event.objects.get()
    assert (kept.id, kept.what, kept.hash) == (event.id, event.what, event.hash)
    assert PersonalDetail.objects.get().value == "Bjørkelia 1"


@pytest.mark.django_db
def test_a_second_event_in_the_same_place_is_an_error(write: Write) -> None:
    write()
    second = write()
    forks = [
        {"sequence": 2, "previous_hash": bytes(32)},
        {"sequence": 3, "previous_hash": second.previous_hash},
    ]

    for fork in forks:
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_beside(second, **fork)

    assert Event.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"sequence": 0},
        {"hash": b"short"},
        {"previous_hash": b"short"},
        {"canonical": b""},
        {"canonical": b" " * (64 * 1024 + 1)},
        {"actor_kind": "ghost"},
        {"chain": ""},
    ],
)
def test_the_table_refuses_what_can_not_be_an_event(
    write: Write, values: dict[str, object]
) -> None:
    event = write()
    place = {"sequence": 2, "previous_hash": event.hash}

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_beside(event, **(place | values))

    assert Event.objects.count() == 1


def insert_beside(event: Event, **values: object) -> None:
    names = [
        field.attname for field in Event._meta.concrete_fields if field.name != "xid"
    ]
    row = {name: getattr(event, name) for name in names} | {"id": uuid7()} | values
    Event.objects.create(**row)


@pytest.fixture
def guarded(owner: RawConnection) -> None:
    """A table that may not change without an event about the row."""
    owner.cursor().execute(
        """
        CREATE TABLE guarded (id uuid PRIMARY KEY, state text NOT NULL);
        CREATE CONSTRAINT TRIGGER guarded_is_logged
            AFTER INSERT OR UPDATE OR DELETE ON guarded
            DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION audit_require_event('order');
        """
    )


def change(statement: str, *values: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def refused_at_commit() -> Iterator[None]:
    """A transaction that does everything it wants and then is not committed."""
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(IntegrityError))
        stack.enter_context(transaction.atomic())
        yield


def states() -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, state FROM guarded")
        return list(cursor.fetchall())


INSERT = "INSERT INTO guarded VALUES (%s, 'new')"


def test_a_change_with_its_event_is_committed(
    guarded: None, write: Write, order: Subject
) -> None:
    with transaction.atomic():
        change(INSERT, order.id)
        write()
    with transaction.atomic():
        write()
        change("UPDATE guarded SET state = 'old'")

    assert states() == [(order.id, "old")]

    with transaction.atomic():
        change("DELETE FROM guarded")
        write()

    assert states() == []


def test_a_change_without_an_event_is_refused_at_commit(
    guarded: None, write: Write, order: Subject
) -> None:
    with transaction.atomic():
        change(INSERT, order.id)
        write()

    for statement in ("UPDATE guarded SET state = 'old'", "DELETE FROM guarded"):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            change(statement)

        verb = statement.split()[0]
        said = str(refusal.value).splitlines()[0]
        assert said == f"{verb} of order {order.id} wrote no event to the audit log."
    assert states() == [(order.id, "new")]


def test_an_event_about_something_else_does_not_count(
    guarded: None, write: Write, order: Subject
) -> None:
    for other in (Subject("order", uuid7()), Subject("consent", order.id)):
        with refused_at_commit():
            change(INSERT, order.id)
            write(on=other)

    assert states() == []


def test_savepoints_make_no_difference(
    guarded: None, write: Write, order: Subject
) -> None:
    with transaction.atomic():
        with transaction.atomic():
            change(INSERT, order.id)
        with transaction.atomic(), transaction.atomic():
            write()

    assert states() == [(order.id, "new")]


def test_an_event_whose_savepoint_was_rolled_back_does_not_count(
    guarded: None, write: Write, order: Subject
) -> None:
    with refused_at_commit():
        change(INSERT, order.id)
        undone = transaction.savepoint()
        write()
        transaction.savepoint_rollback(undone)

    assert states() == []


def test_a_table_of_the_session_can_not_stand_in_for_the_log(
    guarded: None, order: Subject
) -> None:
    with refused_at_commit():
        change("CREATE TEMPORARY TABLE audit_event AS SELECT * FROM audit_event")
        change(
            "INSERT INTO pg_temp.audit_event (subject_id, subject_kind, xid) "
            "VALUES (%s, 'order', pg_current_xact_id())",
            order.id,
        )
        change(INSERT, order.id)

    assert states() == []
