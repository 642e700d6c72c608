"""What the tables refuse: edited terms and consents, and changes without a trace."""

from django.db import migrations

TERMS_ARE_IMMUTABLE = """
CREATE FUNCTION orders_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RAISE EXCEPTION 'A row of % is never changed: % is refused.',
        TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE TRIGGER terms_are_immutable
    BEFORE UPDATE OR DELETE OR TRUNCATE ON orders_terms
    FOR EACH STATEMENT EXECUTE FUNCTION orders_refuse_change();
"""

TERMS_ARE_MUTABLE = """
DROP TRIGGER terms_are_immutable ON orders_terms;
DROP FUNCTION orders_refuse_change();
"""

# The only thing that ever changes in a consent is that it ends, once.
CONSENTS_ONLY_END = """
CREATE FUNCTION orders_consent_only_ends() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF OLD.ended_at IS NOT NULL
        OR NEW.ended_at IS NULL
        OR to_jsonb(NEW) - ARRAY['ended_at', 'end_reason']
            IS DISTINCT FROM to_jsonb(OLD) - ARRAY['ended_at', 'end_reason']
    THEN
        RAISE EXCEPTION 'Consent % is ended, never edited.', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$;

CREATE TRIGGER consent_only_ends
    BEFORE UPDATE ON orders_consent
    FOR EACH ROW EXECUTE FUNCTION orders_consent_only_ends();

CREATE TRIGGER consent_is_kept
    BEFORE DELETE OR TRUNCATE ON orders_consent
    FOR EACH STATEMENT EXECUTE FUNCTION orders_refuse_change();
"""

CONSENTS_MAY_CHANGE = """
DROP TRIGGER consent_is_kept ON orders_consent;
DROP TRIGGER consent_only_ends ON orders_consent;
DROP FUNCTION orders_consent_only_ends();
"""

CHANGES_LEAVE_A_TRACE = """
CREATE CONSTRAINT TRIGGER order_change_leaves_a_trace
    AFTER INSERT OR UPDATE OR DELETE ON orders_order
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_require_event('order');

CREATE CONSTRAINT TRIGGER consent_change_leaves_a_trace
    AFTER INSERT OR UPDATE OR DELETE ON orders_consent
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_require_event('consent');
"""

CHANGES_MAY_BE_SILENT = """
DROP TRIGGER consent_change_leaves_a_trace ON orders_consent;
DROP TRIGGER order_change_leaves_a_trace ON orders_order;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.RunSQL(TERMS_ARE_IMMUTABLE, TERMS_ARE_MUTABLE),
        migrations.RunSQL(CONSENTS_ONLY_END, CONSENTS_MAY_CHANGE),
        migrations.RunSQL(CHANGES_LEAVE_A_TRACE, CHANGES_MAY_BE_SILENT),
    ]
