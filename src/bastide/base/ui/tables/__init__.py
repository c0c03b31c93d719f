"""Tables: columns, filters, pages, saved views, bulk acts, and export of exactly what is shown.

class IncidentTable(Table):
    name = "respond.incident"
    columns = (Column("number", _("Number"), link=True), Column("state", _("State"), kind="badge"))
    filters = (Search("number", "title"), Choice("state", _("State"), choices=Incident.State.choices))
    sort = "-created_at"

@page("ui/list.html")
def incident_list(request):
    return list_page(request, IncidentTable, reads.incidents(request.user), title=_("Incidents"))
"""

from bastide.base.ui.tables.bulk import Bulk
from bastide.base.ui.tables.columns import Column
from bastide.base.ui.tables.filters import Boolean, Choice, DateRange, Filter, Picked, Search, Text
from bastide.base.ui.tables.listing import list_page, small_table
from bastide.base.ui.tables.table import Table

__all__ = [
    "Boolean", "Bulk", "Choice", "Column", "DateRange", "Filter", "Picked", "Search", "Table", "Text", "list_page",
    "small_table",
]  # fmt: skip
