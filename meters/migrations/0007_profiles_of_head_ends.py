from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("meters", "0006_head_ends_observe_or_act")]

    operations = [
        migrations.RemoveConstraint(
            model_name="headend", name="head_end_profile_is_known"
        ),
        migrations.AddField(
            model_name="headend",
            name="profile_settings",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="headend",
            name="endpoint",
            field=models.URLField(blank=True),
        ),
        migrations.AlterField(
            model_name="headend",
            name="profile",
            field=models.CharField(
                choices=[
                    ("cim-strict", "CIM strict"),
                    ("cim-events", "CIM events"),
                    ("cim-synchronous", "CIM synchronous"),
                    ("poll", "Poll"),
                    ("manual", "Manual"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="headend",
            constraint=models.CheckConstraint(
                condition=Q(
                    profile__in=[
                        "cim-strict",
                        "cim-events",
                        "cim-synchronous",
                        "poll",
                        "manual",
                    ]
                ),
                name="head_end_profile_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="headend",
            constraint=models.CheckConstraint(
                condition=~Q(endpoint="") | Q(profile="manual"),
                name="head_end_has_an_endpoint",
            ),
        ),
    ]
