import django.db.models.deletion
import uuid6
from django.db import migrations, models

KEPT_AND_TRACED = """
CREATE TRIGGER life_event_is_kept
    BEFORE DELETE OR TRUNCATE ON orders_lifeevent
    FOR EACH STATEMENT EXECUTE FUNCTION orders_refuse_change();

CREATE CONSTRAINT TRIGGER life_event_change_leaves_a_trace
    AFTER INSERT OR UPDATE OR DELETE ON orders_lifeevent
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_require_event('life_event');
"""

NEITHER_KEPT_NOR_TRACED = """
DROP TRIGGER life_event_change_leaves_a_trace ON orders_lifeevent;
DROP TRIGGER life_event_is_kept ON orders_lifeevent;
"""


class Migration(migrations.Migration):
    """What the register said about people and meters, and what we did about it."""

    dependencies = [
        ("accounts", "0002_staff"),
        ("meters", "0004_register_deliveries"),
        ("orders", "0005_consents_that_the_register_ends"),
    ]

    operations = [
        migrations.CreateModel(
            name='LifeEvent',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('moved_out', 'utflytting'), ('point_deactivated', 'målepunktet tatt ut av bruk'), ('holder_died', 'dødsfall'), ('stood_open', 'porten sto åpen i en annens tid'), ('meter_exchanged', 'målerbytte'), ('rolled_back', 'tilbakeført i registeret')], max_length=20)),
                ('effective_date', models.DateField()),
                ('found_at', models.DateTimeField()),
                ('awaits', models.CharField(blank=True, choices=[('open', 'åpen'), ('closed', 'stengt')], default='', max_length=10)),
                ('obstacle', models.CharField(blank=True, default='', max_length=20)),
                ('exposed_from', models.DateTimeField(null=True)),
                ('exposed_until', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('consent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='life_events', to='orders.consent')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='life_events', to='accounts.customer')),
                ('follows', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='orders.lifeevent')),
                ('metering_point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='life_events', to='meters.meteringpoint')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='life_events', to='orders.order')),
                ('port', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='life_events', to='meters.hanport')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undoes', to='orders.lifeevent')),
            ],
        ),
        migrations.AddIndex(
            model_name='lifeevent',
            index=models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['port'], name='life_event_unsettled'),
        ),
        migrations.AddIndex(
            model_name='lifeevent',
            index=models.Index(condition=models.Q(('kind__in', ('moved_out', 'point_deactivated')), ('undone_by__isnull', True)), fields=['found_at'], name='life_event_reversible'),
        ),
        migrations.AddIndex(
            model_name='lifeevent',
            index=models.Index(condition=models.Q(('exposed_from__isnull', False)), fields=['found_at'], name='life_event_exposed'),
        ),
        migrations.AddConstraint(
            model_name='lifeevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['moved_out', 'point_deactivated', 'holder_died', 'stood_open', 'meter_exchanged', 'rolled_back'])), name='life_event_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='lifeevent',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_at__isnull', True), ('settled_at__isnull', False), _connector='OR'), name='life_event_confirmed_is_settled'),
        ),
        migrations.AddConstraint(
            model_name='lifeevent',
            constraint=models.CheckConstraint(condition=models.Q(('exposed_until__isnull', True), ('exposed_from__isnull', False), _connector='OR'), name='life_event_exposure_begins_before_it_ends'),
        ),
        migrations.AddConstraint(
            model_name='lifeevent',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'stood_open')), fields=('follows', 'customer'), name='life_event_stood_open_is_told_once'),
        ),
        migrations.RunSQL(KEPT_AND_TRACED, NEITHER_KEPT_NOR_TRACED),
    ]
