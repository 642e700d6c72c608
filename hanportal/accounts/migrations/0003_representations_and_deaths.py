"""Who may act for whom, and when customers died."""

import datetime
import django.db.models.deletion
import django.db.models.expressions
import uuid6
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name='Representation',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('register', 'registeret'), ('console', 'kundesenteret'), ('holder', 'kunden selv')], max_length=10)),
                ('number', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('national_id_hash', models.CharField(max_length=64)),
                ('national_id_sealed', models.BinaryField()),
                ('national_id_key_version', models.PositiveSmallIntegerField()),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('ground', models.CharField(choices=[('business', 'handler for virksomheten'), ('guardian', 'verge'), ('estate', 'representant for dødsboet'), ('delegate', 'fullmektig')], max_length=10)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(null=True)),
                ('evidence', models.CharField(max_length=120)),
                ('registered_at', models.DateTimeField()),
                ('registered_by', models.CharField(max_length=80)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.CharField(blank=True, default='', max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name='customer',
            name='died_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('died_on__isnull', False)), fields=['died_on', 'id'], name='customer_died'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('died_on__isnull', True), ('kind', 'person'), _connector='OR'), name='customer_is_a_person_who_died'),
        ),
        migrations.AddField(
            model_name='representation',
            name='represented',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='representations', to='accounts.customer'),
        ),
        migrations.AddIndex(
            model_name='representation',
            index=models.Index(fields=['national_id_hash'], name='representation_of_person'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.UniqueConstraint(fields=('source', 'number'), name='representation_number_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.UniqueConstraint(fields=('id', 'represented'), name='representation_with_its_customer'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['business', 'guardian', 'estate', 'delegate']), ('source__in', ['register', 'console', 'holder'])), name='representation_choices_are_known'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='representation_period_is_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ground', 'delegate'), _negated=True), models.Q(('ends_on__isnull', False), ('ends_on__lte', django.db.models.expressions.CombinedExpression(models.F('starts_on'), '+', models.Value(datetime.timedelta(days=366))))), _connector='OR'), name='representation_by_delegation_expires'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('evidence', ''), _negated=True), models.Q(('number', ''), _negated=True), models.Q(('name', ''), _negated=True)), name='representation_names_its_evidence'),
        ),
        migrations.AddConstraint(
            model_name='representation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('revoked_at__isnull', True), ('revoked_by', '')), models.Q(('revoked_at__isnull', False), models.Q(('revoked_by', ''), _negated=True)), _connector='OR'), name='representation_says_who_revoked_it'),
        ),
    ]
