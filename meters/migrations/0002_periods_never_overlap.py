"""Periods of a point, or of a meter, never overlap.

A statement trigger looks at what one statement touched, over the B-trees that are
there anyway. It locks the places first, in the order of their ids, so that two
transactions can't each put half of an overlap in. A place whose row this transaction
wrote is locked by that already, or nobody else can see it: a first import would write
millions of locks for nothing.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    clash date;
BEGIN
    PERFORM 1 FROM {place_table} AS locked
    WHERE locked.id IN (SELECT {place} FROM touched)
        AND locked.xmin <> pg_current_xact_id()::xid
    ORDER BY locked.id FOR NO KEY UPDATE;

    SELECT other.starts_on INTO clash
    FROM touched
    JOIN {table} AS other
        ON other.{place} = touched.{place}
        AND other.id <> touched.id
        AND other.starts_on < coalesce(touched.ends_on, 'infinity')
        AND coalesce(other.ends_on, 'infinity') > touched.starts_on
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The period overlaps the one that starts on %.', clash
            USING ERRCODE = 'exclusion_violation',
                  TABLE = '{table}', CONSTRAINT = '{constraint}';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER {constraint}_insert AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER {constraint}_update AFTER UPDATE ON {table}
    REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""

REVERSE = """
DROP TRIGGER {constraint}_insert ON {table};
DROP TRIGGER {constraint}_update ON {table};
DROP FUNCTION {function}();
"""


def never_overlaps(table: str, place: str, place_table: str, constraint: str):
    names = {
        "table": table,
        "place": place,
        "place_table": place_table,
        "constraint": constraint,
        "function": f"meters_{constraint}",
    }
    return migrations.RunSQL(FUNCTION.format(**names), REVERSE.format(**names))


class Migration(migrations.Migration):
    dependencies = [("meters", "0001_initial")]

    operations = [
        never_overlaps(
            "meters_installation",
            "metering_point_id",
            "meters_meteringpoint",
            "installation_never_overlaps_at_point",
        ),
        never_overlaps(
            "meters_installation",
            "meter_id",
            "meters_meter",
            "installation_never_overlaps_of_meter",
        ),
        never_overlaps(
            "meters_holding",
            "metering_point_id",
            "meters_meteringpoint",
            "holding_never_overlaps_at_point",
        ),
    ]
