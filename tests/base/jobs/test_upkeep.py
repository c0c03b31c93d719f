"""The database's planner is told what the tables hold."""

from __future__ import annotations

import pytest
from django.db import connection

from bastide.base.jobs import upkeep
from bastide.base.people.models import Organisation


@pytest.mark.django_db
def test_every_table_is_measured() -> None:
    Organisation.objects.create(code="M-1", kind="operator", name_zh="量")
    tables = connection.introspection.table_names()
    assert upkeep.measure_tables() == len(tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples FROM pg_class WHERE relname = 'people_organisation'"
            if connection.vendor == "postgresql"
            else "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'people_organisation'"
        )
        assert int(float(str(cursor.fetchone()[0]).split()[0])) == Organisation.objects.count()
