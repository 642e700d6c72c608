import django.db.models.deletion
import uuid6
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Count automatic closings by day, and let two people release those held."""

    dependencies = [
        ("orders", "0007_ports_that_are_wanted_open"),
        ("meters", "0006_head_ends_observe_or_act"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="command",
            name="passed_brake_on",
            field=models.DateField(null=True),
        ),
        migrations.CreateModel(
            name="ClosingBrake",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("passed", models.PositiveIntegerField(default=0)),
                ("engaged_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ClosingRelease",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid6.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("number", models.PositiveIntegerField()),
                ("first_released_at", models.DateTimeField()),
                ("second_released_at", models.DateTimeField(null=True)),
                (
                    "first_released_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "second_released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="closing_release_releasers_differ",
                        condition=Q(second_released_by__isnull=True)
                        | ~Q(first_released_by=F("second_released_by")),
                    ),
                    models.CheckConstraint(
                        name="closing_release_second_has_its_time",
                        condition=Q(
                            second_released_by__isnull=True,
                            second_released_at__isnull=True,
                        )
                        | Q(
                            second_released_by__isnull=False,
                            second_released_at__isnull=False,
                        ),
                    ),
                    models.CheckConstraint(
                        name="closing_release_lets_something_through",
                        condition=Q(number__gte=1),
                    ),
                    models.UniqueConstraint(
                        fields=["day"],
                        condition=Q(second_released_by__isnull=True),
                        name="closing_release_one_begun_a_day",
                    ),
                ],
            },
        ),
    ]
