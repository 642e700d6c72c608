from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("meters", "0007_profiles_of_head_ends")]

    operations = [
        migrations.AlterField(
            model_name="hanport",
            name="reported_source",
            field=models.CharField(
                blank=True,
                choices=[
                    ("register", "registeret"),
                    ("event", "melding fra måleren"),
                    ("poll", "svar på forespørsel"),
                    ("read_back", "avlesning av måleren"),
                    ("fitter", "montør ved måleren"),
                ],
                default="",
                max_length=10,
            ),
        ),
    ]
