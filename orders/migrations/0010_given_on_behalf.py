"""Who gave the consent and placed the order, where it was not the customer."""

import django.db.models.deletion
from django.db import migrations, models

# A consent and an order may only rest on a representation of their own customer: the
# pair is what is referred to.
OF_ITS_CUSTOMER = """
ALTER TABLE orders_consent
    ADD CONSTRAINT consent_representation_is_of_its_customer
    FOREIGN KEY (representation_id, customer_id)
    REFERENCES accounts_representation (id, represented_id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE orders_placement
    ADD CONSTRAINT placement_representation_is_of_its_customer
    FOREIGN KEY (representation_id, customer_id)
    REFERENCES accounts_representation (id, represented_id)
    DEFERRABLE INITIALLY DEFERRED;
"""

OF_ANYBODY = """
ALTER TABLE orders_placement
    DROP CONSTRAINT placement_representation_is_of_its_customer;
ALTER TABLE orders_consent
    DROP CONSTRAINT consent_representation_is_of_its_customer;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_a_control_has_a_purpose'),
        ("orders", "0009_legacy_consents"),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='representation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='accounts.representation'),
        ),
        migrations.AddField(
            model_name='placement',
            name='representation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='accounts.representation'),
        ),
        migrations.RunSQL(OF_ITS_CUSTOMER, OF_ANYBODY),
    ]
