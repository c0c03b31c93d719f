"""The table of what all web processes must know alike: wrong codes counted, one-time codes used."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("entry", "0001_guesses")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
