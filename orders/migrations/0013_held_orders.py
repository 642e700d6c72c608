"""An order may wait for a module, a visit or another meter, and each has its case."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('meters', '0010_limits_of_head_ends'),
        ('orders', '0012_gates_of_head_ends'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='case',
            name='case_one_open_per_kind_and_port',
        ),
        migrations.AddField(
            model_name='case',
            name='module_sent_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='hold_reason',
            field=models.CharField(blank=True, choices=[('needs_module', 'måleren trenger en HAN-modul'), ('needs_visit', 'en montør må besøke måleren'), ('needs_exchange', 'måleren må byttes')], default='', max_length=20),
        ),
        migrations.AddField(
            model_name='order',
            name='resumed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='case',
            name='kind',
            field=models.CharField(choices=[('command_dead', 'kommandoen kan ikke utføres'), ('command_rejected', 'måleren avviste kommandoen'), ('command_expired', 'fristen gikk ut'), ('head_end_refuses_us', 'frontsystemet avviser oss'), ('open_without_consent', 'åpen uten samtykke'), ('new_meter_cannot_open', 'den nye måleren kan ikke åpnes herfra'), ('opening_overdue', 'porten er ikke åpnet igjen i tide'), ('order_needs_module', 'en HAN-modul må sendes til kunden'), ('order_needs_visit', 'en montør må til måleren'), ('order_needs_exchange', 'måleren må byttes')], max_length=30),
        ),
        migrations.AlterField(
            model_name='order',
            name='failure_reason',
            field=models.CharField(blank=True, choices=[('meter_refused', 'Måleren tok ikke imot kommandoen.'), ('no_confirmation', 'Måleren bekreftet ikke innen fristen.'), ('technical', 'Det oppsto en teknisk feil hos oss.'), ('not_permitted', 'Samtykket gjelder ikke lenger.'), ('not_possible', 'Porten på denne måleren lar seg ikke åpne.')], default='', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True), ('port__isnull', False), models.Q(('kind__in', ['order_needs_module', 'order_needs_visit', 'order_needs_exchange']), _negated=True)), fields=('kind', 'port'), name='case_one_open_per_kind_and_port'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True), ('kind__in', ['order_needs_module', 'order_needs_visit', 'order_needs_exchange'])), fields=('order',), name='case_one_open_per_held_order'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('hold_reason', ''), ('status', 'on_hold'), _connector='OR'), name='order_only_held_waits_for_something'),
        ),
    ]
