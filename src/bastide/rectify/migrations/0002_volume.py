"""Indexes for long lists: each filter with its usual order."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_initial'),
        ('rectify', '0001_initial'),
        ('registry', '0002_volume'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='finding',
            name='severity',
            field=models.CharField(max_length=20, verbose_name='severity'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='state',
            field=models.CharField(choices=[('open', 'To be put right'), ('ordered', 'Under order'), ('verified', 'Verified'), ('closed', 'Closed'), ('withdrawn', 'Taken back')], default='open', max_length=12, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('discarded', 'Draft discarded'), ('issued', 'Served'), ('received', 'Signed for'), ('plan_submitted', 'Plan submitted'), ('plan_returned', 'Plan returned'), ('in_progress', 'In progress'), ('extension_requested', 'Extension requested'), ('evidence_submitted', 'Evidence submitted'), ('verify_failed', 'Verification failed'), ('overdue', 'Overdue'), ('interviewed', 'Called to interview'), ('verified', 'Verified'), ('closed', 'Closed'), ('revoked', 'Revoked')], default='draft', max_length=20, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['found_at', 'id'], name='findings_by_day'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['state', 'found_at', 'id'], name='findings_by_state'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['severity', 'found_at', 'id'], name='findings_by_severity'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['operator', 'found_at', 'id'], name='findings_of_an_operator'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('concerns_cii', True)), fields=['id'], name='findings_of_cii'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['served_at', 'id'], name='orders_by_day'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['state', 'overdue_since'], name='orders_by_state'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['operator', 'state'], name='orders_by_operator'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['operator', 'served_at', 'id'], name='orders_of_an_operator'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('concerns_cii', True)), fields=['id'], name='orders_of_cii'),
        ),
    ]
