"""Customers are told what a held order waits for."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_staff_sessions'),
        ('notifications', '0004_messages_about_representations'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='message',
            name='message_kind_is_known',
        ),
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('order_received', 'åpning bestilt'), ('closing_received', 'stenging bestilt'), ('port_open', 'porten er åpen'), ('port_closed', 'porten er stengt'), ('order_failed', 'bestillingen kunne ikke utføres'), ('order_cancelled', 'bestillingen er avbestilt'), ('represented', 'en annen kan handle for kunden'), ('not_represented', 'en annen kan ikke lenger handle'), ('moved_out', 'samtykket er avsluttet ved flytting'), ('point_deactivated', 'målepunktet er ikke i bruk'), ('closed_afterwards', 'porten er stengt etter samtykket'), ('stood_open', 'porten sto åpen da du overtok'), ('stood_open_closed', 'porten som sto åpen, er stengt'), ('meter_exchanged', 'porten åpnes på den nye måleren'), ('exchange_on_hold', 'den nye måleren kan ikke åpnes herfra'), ('consent_restored', 'samtykket gjelder igjen'), ('consent_not_restored', 'porten må bestilles på nytt'), ('order_on_hold', 'bestillingen må vente'), ('open_again', 'porten er åpen uten ny bestilling')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['order_received', 'closing_received', 'port_open', 'port_closed', 'order_failed', 'order_cancelled', 'represented', 'not_represented', 'moved_out', 'point_deactivated', 'closed_afterwards', 'stood_open', 'stood_open_closed', 'meter_exchanged', 'exchange_on_hold', 'consent_restored', 'consent_not_restored', 'order_on_hold', 'open_again'])), name='message_kind_is_known'),
        ),
    ]
