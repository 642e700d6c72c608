import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Let consents end, and be carried on, because the register says so."""

    dependencies = [("orders", "0004_consents_newest_first")]

    operations = [
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_end_has_its_reason',
        ),
        migrations.AddField(
            model_name='consent',
            name='restored_from',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='restored_as', to='orders.consent'),
        ),
        migrations.AlterField(
            model_name='case',
            name='kind',
            field=models.CharField(choices=[('command_dead', 'kommandoen kan ikke utføres'), ('command_rejected', 'måleren avviste kommandoen'), ('command_expired', 'fristen gikk ut'), ('head_end_refuses_us', 'frontsystemet avviser oss'), ('open_without_consent', 'åpen uten samtykke'), ('new_meter_cannot_open', 'den nye måleren kan ikke åpnes herfra'), ('opening_overdue', 'porten er ikke åpnet igjen i tide')], max_length=30),
        ),
        migrations.AlterField(
            model_name='command',
            name='cause',
            field=models.CharField(choices=[('order', 'bestilling'), ('reconciliation', 'avstemming'), ('life_event', 'livshendelse i registeret')], max_length=20),
        ),
        migrations.AlterField(
            model_name='consent',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('withdrawn', 'trukket tilbake'), ('order_cancelled', 'bestillingen ble avbestilt'), ('order_failed', 'porten kunne ikke åpnes'), ('moved_out', 'kunden har flyttet'), ('point_deactivated', 'målepunktet er ikke lenger i bruk'), ('holder_died', 'kunden er død')], default='', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at__isnull', True)), models.Q(('ended_at__isnull', False), ('end_reason__in', ['withdrawn', 'order_cancelled', 'order_failed', 'moved_out', 'point_deactivated', 'holder_died'])), _connector='OR'), name='consent_end_has_its_reason'),
        ),
    ]
