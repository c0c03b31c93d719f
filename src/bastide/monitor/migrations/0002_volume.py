"""Indexes for long lists: each filter with its usual order."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0001_initial'),
        ('people', '0002_initial'),
        ('registry', '0002_volume'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['last_seen', 'id'], name='alerts_by_day'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['first_seen', 'level', 'operator'], name='alerts_by_first_day'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['operator', 'state', 'level'], name='alerts_by_operator'),
        ),
    ]
