from django.db import migrations, models


class Migration(migrations.Migration):
    """Let the register of consents be read page by page."""

    dependencies = [("orders", "0003_verified_callers")]

    operations = [
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                fields=["-given_at", "-id"], name="consent_newest_first"
            ),
        ),
    ]
