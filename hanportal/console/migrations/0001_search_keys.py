"""The keys that people are searched by, each with an index that holds their order.

The functions are plain SQL, so that the planner can look through them, and use no
collation of the database's: capital Norwegian letters are folded by hand. They are
parsed when they are made, as an index is built without a search path. An index with
the collation "C" answers a prefix and hands the rows out in order as well.
"""

from django.db import migrations

FUNCTIONS = r"""
CREATE FUNCTION search_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN btrim(regexp_replace(
    translate(
        lower(value),
        'ÆØÅÄÖÜÉÈÊËÁÀÂÓÒÔÚÍÑÇŠŽäöüéèêëáàâóòôúíñçšž-.,''/',
        'æøåæøueeeeaaaooouincszæøueeeeaaaooouincsz     '
    ),
    '\s+', ' ', 'g'
));
CREATE FUNCTION search_key_turned(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    regexp_replace(search_key(value), '^(.*\S) (\S+)$', '\2 \1');
CREATE FUNCTION phone_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN regexp_replace(
    regexp_replace(value, '\D', '', 'g'), '^(00)?47(?=\d{8}$)', ''
);
"""

INDEXES = """
CREATE INDEX console_customer_name
    ON accounts_customer ((search_key(name)) COLLATE "C", id);
CREATE INDEX console_customer_name_turned
    ON accounts_customer ((search_key_turned(name)) COLLATE "C", id);
CREATE INDEX console_customer_phone
    ON accounts_customer (phone_key(phone));
CREATE INDEX console_point_address
    ON meters_meteringpoint ((search_key(street_address)) COLLATE "C", gsrn);
CREATE INDEX console_meter_serial ON meters_meter (serial);
"""

WITHOUT_INDEXES = """
DROP INDEX console_customer_name, console_customer_name_turned,
    console_customer_phone, console_point_address, console_meter_serial;
"""

WITHOUT_FUNCTIONS = """
DROP FUNCTION search_key_turned(text), search_key(text), phone_key(text);
"""


class Migration(migrations.Migration):
    """Touches the tables of accounts and meters, and changes no model of theirs."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("meters", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, WITHOUT_FUNCTIONS),
        migrations.RunSQL(INDEXES, WITHOUT_INDEXES),
    ]
