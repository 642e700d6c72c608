"""Finds the ports that are wanted open, to ask which consent stands behind each.

The table is the meters'; the question is ours.
"""

from django.db import migrations

INDEX = """
CREATE INDEX han_port_wanted_open ON meters_hanport (meter_id)
    WHERE desired = 'open';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("meters", "0004_register_deliveries"),
        ("orders", "0006_life_events"),
    ]

    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX han_port_wanted_open;"),
    ]
