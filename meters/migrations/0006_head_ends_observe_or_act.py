from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Let each head-end only observe, or act. Those that are registered act today."""

    dependencies = [("meters", "0005_register_events")]

    operations = [
        migrations.AddField(
            model_name="headend",
            name="mode",
            field=models.CharField(
                choices=[("observe", "bare se"), ("act", "handle")],
                default="act",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="headend",
            name="mode_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="headend",
            constraint=models.CheckConstraint(
                name="head_end_mode_is_known",
                condition=Q(mode__in=["observe", "act"]),
            ),
        ),
    ]
