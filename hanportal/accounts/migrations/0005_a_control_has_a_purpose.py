"""A caller's control is for one purpose, and says on what the caller acts for another.

Controls from before were made to order, by callers who said that they were the
customer.
"""

import django.db.models.deletion
from django.db import migrations, models

# A representation of this very customer: the pair is what is referred to.
OF_ITS_CUSTOMER = """
ALTER TABLE accounts_callerverification
    ADD CONSTRAINT caller_verification_representation_is_of_its_customer
    FOREIGN KEY (representation_id, caller_id)
    REFERENCES accounts_representation (id, represented_id)
    DEFERRABLE INITIALLY DEFERRED;
"""

OF_ANYBODY = """
ALTER TABLE accounts_callerverification
    DROP CONSTRAINT caller_verification_representation_is_of_its_customer;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_representations_only_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="callerverification",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("orders", "Åpne eller stenge porten"),
                    ("contact", "Endre kontaktopplysninger"),
                    ("representation", "Endre hvem som kan handle for kunden"),
                ],
                default="orders",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="callerverification",
            name="representation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verifications",
                to="accounts.representation",
            ),
        ),
        migrations.AddConstraint(
            model_name="callerverification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__in", ["orders", "contact", "representation"])
                ),
                name="caller_verification_purpose_is_known",
            ),
        ),
        migrations.RunSQL(OF_ITS_CUSTOMER, OF_ANYBODY),
    ]
