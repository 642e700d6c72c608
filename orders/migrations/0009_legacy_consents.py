import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Take consents from before the portal for what they are. Others need all as ever."""

    dependencies = [
        ('accounts', '0002_staff'),
        ('meters', '0006_head_ends_observe_or_act'),
        ("orders", "0008_closing_brake"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_says_how_the_meter_is_secured',
        ),
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_end_has_its_reason',
        ),
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_names_who_gave_it',
        ),
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_of_a_caller_rests_on_a_verification',
        ),
        migrations.AddField(
            model_name='consent',
            name='imported_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='consent',
            name='legacy_evidence',
            field=models.CharField(blank=True, default='', max_length=60),
        ),
        migrations.AddField(
            model_name='consent',
            name='legacy_method',
            field=models.CharField(blank=True, choices=[('portal', 'bestilling på en tidligere Min side'), ('phone', 'samtale med kundesenteret'), ('email', 'e-post'), ('letter', 'brev eller skjema'), ('in_person', 'personlig frammøte')], default='', max_length=10),
        ),
        migrations.AddField(
            model_name='consent',
            name='legacy_terms',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        migrations.AlterField(
            model_name='consent',
            name='channel',
            field=models.CharField(choices=[('minside', 'Min side'), ('console', 'kundesenteret'), ('legacy', 'registrert før portalen')], max_length=10),
        ),
        migrations.AlterField(
            model_name='consent',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('withdrawn', 'trukket tilbake'), ('order_cancelled', 'bestillingen ble avbestilt'), ('order_failed', 'porten kunne ikke åpnes'), ('replaced', 'avløst av et nytt samtykke'), ('moved_out', 'kunden har flyttet'), ('point_deactivated', 'målepunktet er ikke lenger i bruk'), ('holder_died', 'kunden er død')], default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='consent',
            name='given_by',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name='consent',
            name='identified_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='consent',
            name='identified_by_issuer',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='consent',
            name='identified_level',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name='consent',
            name='identified_subject',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AlterField(
            model_name='consent',
            name='meter_serial',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AlterField(
            model_name='consent',
            name='security',
            field=models.CharField(blank=True, choices=[('inside_dwelling', 'Måleren står inne i boligen'), ('lockable_room', 'Måleren står i et rom som kan låses'), ('lockable_cabinet', 'Måleren står i et skap som kan låses')], max_length=20),
        ),
        migrations.AlterField(
            model_name='consent',
            name='terms',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='orders.terms'),
        ),
        migrations.AlterField(
            model_name='placement',
            name='channel',
            field=models.CharField(choices=[('minside', 'Min side'), ('console', 'kundesenteret'), ('legacy', 'registrert før portalen')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('security__in', ['inside_dwelling', 'lockable_room', 'lockable_cabinet']), models.Q(('channel', 'legacy'), ('security', '')), _connector='OR'), name='consent_says_how_the_meter_is_secured'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at__isnull', True)), models.Q(('ended_at__isnull', False), ('end_reason__in', ['withdrawn', 'order_cancelled', 'order_failed', 'replaced', 'moved_out', 'point_deactivated', 'holder_died'])), _connector='OR'), name='consent_end_has_its_reason'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('caller_verification__isnull', False), ('channel', 'console')), models.Q(('caller_verification__isnull', True), ('channel__in', ['minside', 'legacy'])), _connector='OR'), name='consent_of_a_caller_rests_on_a_verification'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('channel', 'legacy'), models.Q(models.Q(('identified_subject', ''), _negated=True), models.Q(('given_by', ''), _negated=True), ('identified_at__isnull', False)), _connector='OR'), name='consent_names_who_gave_it'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('channel', 'legacy'), ('terms__isnull', False), _connector='OR'), name='consent_rests_on_terms'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('legacy_evidence', ''), _negated=True), ('channel', 'legacy'), ('imported_at__isnull', False), ('legacy_method__in', ['portal', 'phone', 'email', 'letter', 'in_person'])), models.Q(models.Q(('channel', 'legacy'), _negated=True), ('imported_at__isnull', True), ('legacy_evidence', ''), ('legacy_method', ''), ('legacy_terms', '')), _connector='OR'), name='consent_from_before_has_its_evidence'),
        ),
    ]
