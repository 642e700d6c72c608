"""What the table refuses: edited representations, unfit grounds, untraced changes.

A row is revoked once; the register may move the end of its own and say how to reach the
representative; a new key may seal the same number.
"""

from django.db import migrations

ONLY_END = """
CREATE FUNCTION accounts_representation_only_ends() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    may_change text[] := ARRAY[
        'national_id_hash', 'national_id_sealed', 'national_id_key_version'
    ];
BEGIN
    IF OLD.revoked_at IS NULL THEN
        may_change := may_change || ARRAY['revoked_at', 'revoked_by'];
    END IF;
    IF OLD.source = 'register' THEN
        may_change := may_change || ARRAY['ends_on', 'email', 'phone'];
    END IF;
    IF to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change
        OR (NEW.national_id_hash IS DISTINCT FROM OLD.national_id_hash
            AND NEW.national_id_key_version <= OLD.national_id_key_version)
    THEN
        RAISE EXCEPTION 'Representation % is revoked, never edited.', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;

CREATE TRIGGER representation_only_ends
    BEFORE UPDATE ON accounts_representation
    FOR EACH ROW EXECUTE FUNCTION accounts_representation_only_ends();

CREATE FUNCTION accounts_representation_is_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RAISE EXCEPTION 'A representation is kept: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE TRIGGER representation_is_kept
    BEFORE DELETE OR TRUNCATE ON accounts_representation
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_representation_is_kept();
"""

MAY_CHANGE = """
DROP TRIGGER representation_is_kept ON accounts_representation;
DROP FUNCTION accounts_representation_is_kept();
DROP TRIGGER representation_only_ends ON accounts_representation;
DROP FUNCTION accounts_representation_only_ends();
"""

FITS = """
CREATE FUNCTION accounts_representation_fits() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF (NEW.ground = 'business') IS DISTINCT FROM (
        SELECT kind = 'organisation' FROM public.accounts_customer
        WHERE id = NEW.represented_id
    ) THEN
        RAISE EXCEPTION 'The ground % does not fit customer %.',
            NEW.ground, NEW.represented_id
            USING ERRCODE = 'check_violation',
                CONSTRAINT = 'representation_ground_fits_its_customer';
    END IF;
    RETURN NEW;
END
$function$;

CREATE TRIGGER representation_ground_fits_its_customer
    BEFORE INSERT ON accounts_representation
    FOR EACH ROW EXECUTE FUNCTION accounts_representation_fits();
"""

FITS_ANYTHING = """
DROP TRIGGER representation_ground_fits_its_customer ON accounts_representation;
DROP FUNCTION accounts_representation_fits();
"""

LEAVES_A_TRACE = """
CREATE CONSTRAINT TRIGGER representation_leaves_a_trace
    AFTER INSERT ON accounts_representation
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_require_event('representation');

CREATE CONSTRAINT TRIGGER representation_end_leaves_a_trace
    AFTER UPDATE ON accounts_representation
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN (
        OLD.revoked_at IS DISTINCT FROM NEW.revoked_at
        OR OLD.ends_on IS DISTINCT FROM NEW.ends_on
    )
    EXECUTE FUNCTION audit_require_event('representation');
"""

MAY_BE_SILENT = """
DROP TRIGGER representation_end_leaves_a_trace ON accounts_representation;
DROP TRIGGER representation_leaves_a_trace ON accounts_representation;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_representations_and_deaths"),
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.RunSQL(ONLY_END, MAY_CHANGE),
        migrations.RunSQL(FITS, FITS_ANYTHING),
        migrations.RunSQL(LEAVES_A_TRACE, MAY_BE_SILENT),
    ]
