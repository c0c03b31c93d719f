"""Indexes for long lists, and units counted as they change."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bastide.registry import tally


def count_and_put_up(apps: Any, editor: Any) -> None:
    """Count the units there are, then let the triggers count on."""
    with editor.connection.cursor() as cursor:
        key = ", ".join(tally.COLUMNS)
        cursor.execute(
            f"INSERT INTO {tally.TALLY} ({key}, n) SELECT {key}, COUNT(*) FROM {tally.UNITS} GROUP BY {key}"  # noqa: S608
        )
    tally.put_up(editor.connection)


def take_down(apps: Any, editor: Any) -> None:
    tally.take_down(editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_initial'),
        ('registry', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnitTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.CharField(blank=True, max_length=12)),
                ('state', models.CharField(max_length=12)),
                ('grade', models.CharField(blank=True, max_length=12)),
                ('is_cii', models.BooleanField()),
                ('n', models.IntegerField()),
            ],
        ),
        migrations.AlterField(
            model_name='networkunit',
            name='area',
            field=models.CharField(blank=True, max_length=12, verbose_name='province'),
        ),
        migrations.AlterField(
            model_name='networkunit',
            name='grade',
            field=models.CharField(blank=True, max_length=12, verbose_name='grade'),
        ),
        migrations.AddIndex(
            model_name='networkunit',
            index=models.Index(fields=['area', 'number'], name='units_of_a_province'),
        ),
        migrations.AddIndex(
            model_name='networkunit',
            index=models.Index(fields=['grade', 'number'], name='units_by_grade'),
        ),
        migrations.AddIndex(
            model_name='networkunit',
            index=models.Index(fields=['network_type', 'number'], name='units_by_type'),
        ),
        migrations.AddIndex(
            model_name='networkunit',
            index=models.Index(fields=['operator', 'state', 'grade'], name='units_of_an_operator'),
        ),
        migrations.AddIndex(
            model_name='networkunit',
            index=models.Index(condition=models.Q(('is_cii', True)), fields=['operator'], name='units_that_are_cii'),
        ),
        migrations.AddField(
            model_name='unittally',
            name='operator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.organisation'),
        ),
        migrations.AddIndex(
            model_name='unittally',
            index=models.Index(fields=['area'], name='unit_tallies_of_a_province'),
        ),
        migrations.AddConstraint(
            model_name='unittally',
            constraint=models.UniqueConstraint(fields=('operator', 'area', 'state', 'grade', 'is_cii'), name='units_that_stand_alike_are_counted_once'),
        ),
        migrations.AddIndex(
            model_name="unithost",
            index=models.Index(fields=["value"], name="hosts_by_value"),
        ),
        migrations.RunPython(count_and_put_up, take_down),
    ]
