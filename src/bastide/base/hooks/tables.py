"""Lists of webhooks and of what was delivered."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.hooks import kinds
from bastide.base.hooks.models import Delivery, Endpoint
from bastide.base.ui.tables import Choice, Column, DateRange, Search, Table


class EndpointTable(Table):
    name = "hooks.endpoint"
    columns = (
        Column("name", _("Webhook"), link=True),
        Column("state", _("State"), kind="badge"),
        Column("organisation", _("Organisation"), sort="organisation__code"),
        Column("url", _("Web address"), kind="code"),
        Column("waiting", _("Waiting"), kind="number", sort="waiting"),
        Column("failing_since", _("Failing since"), kind="ago"),
        Column("made_at", _("Registered on"), kind="ago", shown=False),
    )
    filters = (Search("name", "url"), Choice("state", _("State"), choices=Endpoint.State.choices))
    sort = "name"


class DeliveryTable(Table):
    name = "hooks.delivery"
    columns = (
        Column("kind", _("Kind"), value=lambda row: kinds.title_of(row.kind), sort="kind", link=True),
        Column("number", _("Number")),
        Column("state", _("State"), kind="badge"),
        Column("code", _("Answer"), kind="number"),
        Column("fault", _("Fault"), sort=False),
        Column("attempts", _("Attempts"), kind="number"),
        Column("made_at", _("Queued"), kind="ago"),
        Column("next_at", _("Next attempt"), kind="ago"),
        Column("ended_at", _("Finished"), kind="ago", shown=False),
        Column("uid", _("Id (webhook-id)"), kind="code", sort=False, shown=False),
    )
    filters = (
        Search("uid", "number"),
        Choice("state", _("State"), choices=Delivery.State.choices),
        DateRange("made", _("Queued"), path="made_at"),
    )
    sort = "-made_at"
