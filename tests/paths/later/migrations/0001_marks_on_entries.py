"""Touches what is there already: every inbox note is changed, and a table is added."""

from django.db import migrations


def shout(apps, schema_editor):
    schema_editor.execute("UPDATE inbox_notification SET url = '/changed/'")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("inbox", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE TABLE later_mark (id integer PRIMARY KEY)", "DROP TABLE later_mark"),
        migrations.RunPython(shout),
    ]
