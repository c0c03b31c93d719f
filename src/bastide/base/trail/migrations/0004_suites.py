"""Seals name their suite and may announce the key that follows; SM2 keys and signatures are longer."""

from typing import Any

from django.db import migrations, models

from bastide.base.trail import guards


def take_down(_apps: Any, editor: Any) -> None:
    guards.take_down(editor.connection)


def put_up(_apps: Any, editor: Any) -> None:
    guards.put_up(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("trail", "0003_guards")]
    # SQLite makes the table anew and loses its triggers: they are put up again.
    operations = [
        migrations.RunPython(take_down, put_up),
        migrations.AddField("seal", "suite", models.CharField(max_length=20, blank=True, default=""), False),
        migrations.AddField("seal", "next_key", models.CharField(max_length=130, blank=True, default=""), False),
        migrations.AddField("seal", "next_suite", models.CharField(max_length=20, blank=True, default=""), False),
        migrations.AlterField("seal", "key", models.CharField(max_length=130)),
        migrations.AlterField("seal", "signature", models.CharField(max_length=160)),
        migrations.RunPython(put_up, take_down),
    ]
