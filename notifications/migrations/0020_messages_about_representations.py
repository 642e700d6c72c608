"""Customers are told who may act for them, and who no longer may."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_a_control_has_a_purpose'),
        ('notifications', '0002_what_the_watchdogs_read'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='message',
            name='message_kind_is_known',
        ),
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('order_received', 'åpning bestilt'), ('closing_received', 'stenging bestilt'), ('port_open', 'porten er åpen'), ('port_closed', 'porten er stengt'), ('order_failed', 'bestillingen kunne ikke utføres'), ('order_cancelled', 'bestillingen er avbestilt'), ('represented', 'en annen kan handle for kunden'), ('not_represented', 'en annen kan ikke lenger handle')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['order_received', 'closing_received', 'port_open', 'port_closed', 'order_failed', 'order_cancelled', 'represented', 'not_represented'])), name='message_kind_is_known'),
        ),
    ]
