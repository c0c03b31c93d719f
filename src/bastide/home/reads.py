"""The situation now, as one person may see it: the same numbers for the page and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bastide.base import packs
from bastide.base.people import roles
from bastide.base.people.models import Account, Organisation
from bastide.base.ui import icons
from bastide.home.sections.alerts import Alerts, alerts
from bastide.home.sections.coverage import Coverage, coverage
from bastide.home.sections.early_warnings import Warnings, warnings
from bastide.home.sections.ground import Ground, Reporting, survey
from bastide.home.sections.incidents import Incidents, incidents
from bastide.home.sections.orders import Orders, orders
from bastide.home.sections.posture import Posture, posture
from bastide.home.sections.units import Units, units

Words = str | Promise


@dataclass(frozen=True)
class Figure:
    """One headline number with its list and the operators it rests on."""

    name: str
    label: Words
    value: int
    url: str
    tone: str
    icon: str
    reporting: Reporting | None

    @property
    def basis(self) -> str:
        return self.reporting.words if self.reporting else ""


@dataclass(frozen=True)
class Situation:
    """Everything on the page. A part is None where this person may not see it."""

    at: datetime
    scope: str
    operators: int
    figures: list[Figure]
    incidents: Incidents | None
    warnings: Warnings | None
    orders: Orders | None
    alerts: Alerts | None
    coverage: Coverage | None
    units: Units | None
    posture: Posture | None

    @property
    def is_empty(self) -> bool:
        """Is there nothing this person may see?"""
        parts = (self.incidents, self.warnings, self.orders, self.alerts, self.coverage, self.units, self.posture)
        return all(part is None for part in parts)


def situation(
    account: Account, *, at: datetime, sort: str = "", only: str = "", everything: bool = False,
    kept: Mapping[str, str] | None = None,
) -> Situation:  # fmt: skip
    """One look at everything in sight, with a fixed number of queries. `sort`, `only`, `everything` are the table's."""
    ground = survey(account, at=at)
    parts = Situation(
        at=at, scope=scope_of(account, ground), operators=len(ground.own), figures=[],
        incidents=incidents(ground), warnings=warnings(ground), orders=orders(ground), alerts=alerts(ground),
        coverage=coverage(ground), units=units(ground),
        posture=posture(ground, sort=sort, only=only, everything=everything, kept=kept),
    )  # fmt: skip
    parts.figures.extend(_figures(parts))
    return parts


def _figures(seen: Situation) -> list[Figure]:
    """The headline, in the order of what presses most."""
    found: list[Figure] = []

    def add(name: str, label: Words, value: int, url: str, tone: str, icon: str, reporting: Reporting) -> None:
        found.append(Figure(name, label, value, url, tone if value else "", icon, reporting))

    if part := seen.incidents:
        add(
            "incidents_open",
            gettext_lazy("Open incidents"),
            part.open,
            part.url,
            "info",
            icons.named("urgent"),
            part.reporting,
        )
        add("incidents_overdue", gettext_lazy("Incidents with an overdue duty"), part.overdue, part.overdue_url, "bad",
            icons.named("alarm"), part.reporting)  # fmt: skip
    if told := seen.warnings:
        add("deliveries_owed", gettext_lazy("Warnings not acknowledged"), told.owed, told.owed_url, "warn",
            icons.named("mail-exclamation"), told.answered if told.answered.m else told.reporting)  # fmt: skip
    if ordered := seen.orders:
        add("orders_overdue", gettext_lazy("Orders overdue"), ordered.overdue, ordered.overdue_url, "bad",
            icons.named("clipboard-x"), ordered.reporting)  # fmt: skip
    if raised := seen.alerts:
        add("alerts_grave", gettext_lazy("Open alerts, high or critical"), raised.grave, raised.grave_url, "warn",
            icons.named("alert-triangle"), raised.reporting)  # fmt: skip
    if heard := seen.coverage:
        add("operators_unheard", gettext_lazy("Operators not heard"), heard.missing, heard.missing_url, "warn",
            icons.named("ear-off"), heard.reporting)  # fmt: skip
    return found


def scope_of(account: Account, ground: Ground) -> str:
    """What the page covers, in words: the nation, a province, an operator and what it manages."""
    names = [
        _("what was assigned to you") if one.role in roles.BY_ASSIGNMENT else _scope(one.organisation, ground)
        for one in account.standing()
    ]
    return _(", ").join(dict.fromkeys(names))


def _scope(organisation: Organisation, ground: Ground) -> str:
    if organisation.is_national:
        return str(packs.active().manifest.jurisdiction)
    if organisation.kind == Organisation.Kind.PROVINCIAL:
        return str(packs.active().area_name(organisation.area))
    others = len(ground.own) - 1
    if organisation.kind == Organisation.Kind.OPERATOR and others > 0:
        return ngettext("%(name)s and %(n)s subsidiary", "%(name)s and %(n)s subsidiaries", others) % {
            "name": organisation.name, "n": others,
        }  # fmt: skip
    return str(organisation.name)
