"""The lists of warnings and deliveries: columns and filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.ui import badges
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Picked, Search, Table
from bastide.registry import reads as registry
from bastide.share import reads
from bastide.share.models import Delivery, EarlyWarning


def colour_of(delivery: Delivery) -> badges.Badge:
    """Words and icon of the warning's colour; the colour itself only repeats them."""
    return badges.of(delivery.warning, "colour")


def only(*names: str) -> tuple[Column, ...]:
    """Some of the columns of deliveries, for the page of one warning or one operator."""
    return tuple(column for column in DeliveryTable.columns if column.name in names)


class WarningTable(Table):
    name = "share.warning"
    columns = (
        Column("number", _("Number"), link=True),
        Column("title", _("Warning"), link=True),
        Column("colour", _("Colour"), kind="badge", sort="rank"),
        Column("state", _("State"), kind="badge"),
        Column("issuer", _("Issuer"), value="issuer.name", sort="issuer__name_zh"),
        Column("published_at", _("Published"), kind="moment"),
        Column("told", _("Delivered"), kind="number", sort="told"),
        Column("signed", _("Acknowledged"), kind="number", sort="signed"),
        Column("acted", _("Action reported"), kind="number", sort="acted"),
        Column("category", _("Category"), shown=False),
        Column("tlp", _("May be passed on"), shown=False),
        Column("revision", _("Edition"), kind="number", shown=False),
        Column("lifted_at", _("Lifted"), kind="moment", shown=False),
        Column("created_at", _("Proposed"), kind="moment", shown=False),
    )
    filters = (
        Search("number", "title", "issuer__name_zh", "issuer__name_en"),
        Choice("state", _("State"), choices=EarlyWarning.State.choices),
        Choice("colour", _("Colour"), choices=lambda account: reads.colour_choices()),
        Choice("category", _("Category"), choices=EarlyWarning.Category.choices),
        DateRange("published", _("Published"), path="published_at"),
    )
    sort = "-created_at"


class DeliveryTable(Table):
    name = "share.delivery"
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), link=True),
        Column("title", _("Warning"), value="warning.title", link=True, sort="warning__title"),
        Column("colour", _("Colour"), value=colour_of, kind="badge", sort="warning__rank"),
        Column("operator", _("Operator"), value="operator.name", sort="operator__name_zh"),
        Column("state", _("State"), kind="badge"),
        Column("due_at", _("Next answer due"), kind="ago", sort="due_at"),
        Column("delivered_at", _("Delivered"), kind="moment"),
        Column("acknowledged_at", _("Acknowledged"), kind="moment", shown=False),
        Column("affected", _("Assets affected"), kind="number"),
        Column("fixed", _("Assets fixed"), kind="number"),
        Column("force", _("Warning is"), value="warning.get_state_display", sort="warning__state", shown=False),
        Column("warning", _("Warning number"), value="warning.number", sort="warning__number", shown=False),
        Column("issuer", _("Issuer"), value="warning.issuer.name", sort="warning__issuer__name_zh", shown=False),
        Column("reported_at", _("Action reported"), kind="moment", shown=False),
    )
    filters = (
        Search("number", "warning__number", "warning__title", "operator__name_zh", "operator__name_en"),
        Choice("state", _("State"), choices=Delivery.State.choices),
        Choice("colour", _("Colour"), choices=lambda account: reads.colour_choices(), path="warning__colour"),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Choice("force", _("Warning is"), choices=EarlyWarning.State.choices, path="warning__state"),
        Boolean("unanswered", _("Acknowledgement owed"), by=reads.unanswered),
        Boolean("overdue", _("Answer overdue"), by=reads.overdue),
        DateRange("delivered", _("Delivered"), path="delivered_at"),
    )
    sort = "-delivered_at"

    @classmethod
    def row_class(cls, row: Delivery) -> str:
        due = getattr(row, "due_at", None)
        return "is-overdue" if due is not None and due < terms.now() else ""


class RecipientTable(DeliveryTable):
    """The same deliveries on the page of one warning."""

    name = "share.recipient"
    columns = (
        Column("operator", _("Operator"), value="operator.name", link=True, sort="operator__name_zh"),
        *only("state", "due_at", "affected", "fixed"),
    )


class OwnTable(DeliveryTable):
    """An operator's deliveries on its own page."""

    name = "share.own"
    columns = only("number", "title", "colour", "state", "due_at", "delivered_at")
