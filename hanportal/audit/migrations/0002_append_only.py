"""What the tables refuse, and what other apps' tables may demand of the log.

The triggers bind everyone, also the owner and a session that has switched ordinary
triggers off, until a superuser or the owner takes them away. Against that only a
checkpoint outside the database helps (docs/audit-format.md).
"""

from django.conf import settings
from django.db import migrations

REFUSE_CHANGE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % of % is refused.',
        TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE TRIGGER audit_event_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_is_append_only;

CREATE TRIGGER audit_detail_is_kept_or_deleted
    BEFORE UPDATE OR TRUNCATE ON audit_personaldetail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_personaldetail
    ENABLE ALWAYS TRIGGER audit_detail_is_kept_or_deleted;
"""

ALLOW_CHANGE = """
DROP TRIGGER audit_detail_is_kept_or_deleted ON audit_personaldetail;
DROP TRIGGER audit_event_is_append_only ON audit_event;
DROP FUNCTION audit_refuse_change();
"""

# The transaction's id stays the same inside savepoints, and an event whose savepoint
# was rolled back is not there, so this holds whatever way the caller nested its work.
REQUIRE_EVENT = """
CREATE FUNCTION audit_require_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    changed uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN
        changed := OLD.id;
    ELSE
        changed := NEW.id;
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.audit_event
        WHERE subject_id = changed
            AND xid = pg_current_xact_id()
            AND subject_kind = TG_ARGV[0]
    ) THEN
        RAISE EXCEPTION '% of % % wrote no event to the audit log.',
            TG_OP, TG_ARGV[0], changed
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION audit_require_event() IS
'For CREATE CONSTRAINT TRIGGER ... DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE
FUNCTION audit_require_event(''<subject kind>'') on a table with an id of type uuid.';
"""

GRANT_OR_REVOKE = """
DO $block$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = %s) THEN
        EXECUTE format('{event}', %s);
        EXECUTE format('{detail}', %s);
    END IF;
END
$block$
"""

ROLE = [settings.DATABASE_APPLICATION_ROLE] * 3
TAKE_RIGHTS = GRANT_OR_REVOKE.format(
    event="REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM %%I",
    detail="REVOKE UPDATE, TRUNCATE ON audit_personaldetail FROM %%I",
)
GIVE_RIGHTS = GRANT_OR_REVOKE.format(
    event="GRANT UPDATE, DELETE ON audit_event TO %%I",
    detail="GRANT UPDATE ON audit_personaldetail TO %%I",
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, ALLOW_CHANGE),
        migrations.RunSQL(REQUIRE_EVENT, "DROP FUNCTION audit_require_event();"),
        migrations.RunSQL([(TAKE_RIGHTS, ROLE)], [(GIVE_RIGHTS, ROLE)]),
    ]
