"""The database itself refuses to change or delete rows of custody."""

from typing import Any

from django.db import migrations

from bastide.base.trail import guards


def put_up(_apps: Any, editor: Any) -> None:
    guards.put_up(editor.connection)


def take_down(_apps: Any, editor: Any) -> None:
    guards.take_down(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_holds_and_disposals"), ("trail", "0005_stamps")]
    operations = [migrations.RunPython(put_up, take_down)]
