"""Time stamps of a third party over seals; as guarded as the seals."""

import django.db.models.deletion
from django.db import migrations, models

from typing import Any

from bastide.base.trail import guards


def take_down(_apps: Any, editor: Any) -> None:
    guards.take_down(editor.connection)


def put_up(_apps: Any, editor: Any) -> None:
    guards.put_up(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("trail", "0004_suites")]
    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                (
                    "seal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="stamp",
                        serialize=False,
                        to="trail.seal",
                    ),
                ),
                ("token", models.BinaryField()),
                ("stamped_at", models.DateTimeField()),
                ("kept_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        migrations.AddIndex("seal", models.Index(fields=["sealed_at"], name="seals_by_day")),
        migrations.RunPython(put_up, take_down),
    ]
