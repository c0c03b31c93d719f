"""The lists of monitoring."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Picked, Search, Table
from bastide.monitor import reads, reasons
from bastide.monitor.models import Alert, Batch, Hunt, RuleException, RuleRecord, Source
from bastide.registry import reads as registry


def level_badge(rule: RuleRecord) -> Badge | None:
    """The level of a rule, if it is one of those known."""
    known = rule.level in Alert.Level.values
    return Badge(reads.level_name(rule.level), Alert.TONES[rule.level]) if known else None


class AlertTable(Table):
    name = "monitor.alert"
    columns = (
        Column("number", _("Number"), kind="code", link=True),
        Column("level", _("Level"), kind="badge", sort="rank"),
        Column("title", _("Rule"), value="title", sort="rule__title"),
        Column("host", _("Host")),
        Column("operator", _("Operator"), value="operator.name", sort="operator__name_zh"),
        Column("count", _("Events"), kind="number"),
        Column("last_seen", _("Last seen"), kind="ago"),
        Column("state", _("State"), kind="badge"),
        Column("assignee", _("Looked into by"), value=lambda row: str(row.assignee or ""), sort="assignee__name"),
        Column("first_seen", _("First seen"), kind="moment", shown=False),
        Column("unit", _("Network unit"), value="unit.name", sort="unit__number", shown=False),
        Column("techniques", "ATT&CK", value=lambda row: row.rule.techniques, shown=False),
        Column("source", _("Source"), value="source.name", sort="source__name", shown=False),
    )
    filters = (
        Search(
            "number", "rule__title", "host", "unit__number", "operator__name_zh", "operator__name_en", "rule__rule_id"
        ),
        Choice("state", _("State"), choices=Alert.State.choices),
        Choice("level", _("Level"), choices=Alert.Level.choices),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Boolean("open", _("New or under watch"), by=reads.still_open),
        DateRange("first_seen", _("First seen")),
        DateRange("last_seen", _("Last seen")),
    )
    sort = "-last_seen"


class AlertLines(Table):
    """Alerts in a card on another page."""

    name = "monitor.alert.lines"
    columns = (
        Column("title", _("Rule"), value="title", link=True),
        Column("level", _("Level"), kind="badge"),
        Column("host", _("Host"), kind="code"),
        Column("count", _("Events"), kind="number"),
        Column("last_seen", _("Last seen"), kind="ago"),
        Column("state", _("State"), kind="badge"),
    )
    sort = "-last_seen"


class AlertsOfHost(Table):
    """Alerts of one host, which its card names already."""

    name = "monitor.alert.of_host"
    columns = tuple(column for column in AlertLines.columns if column.name != "host")
    sort = "-last_seen"


class BatchTable(Table):
    name = "monitor.batch"
    columns = (
        Column("number", _("Batch"), kind="code", link=True),
        Column("source", _("Source"), value="source.name", sort="source__name"),
        Column("operator", _("Operator"), value="operator.name", sort="operator__name_zh"),
        Column("created_at", _("Received"), kind="ago"),
        Column("accepted", _("Accepted"), kind="number"),
        Column("quarantined", _("Quarantined"), kind="number"),
        Column("matches", _("Matches"), kind="number"),
        Column("size", _("Size"), kind="size"),
        Column("state", _("State"), kind="badge"),
        Column("sha256", "SHA-256", kind="sha", shown=False),
        Column("file", _("File name"), shown=False),
    )
    filters = (
        Search("number", "source__name", "sha256", "file"),
        Choice("state", _("State"), choices=Batch.State.choices),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Boolean(
            "quarantined",
            _("With quarantined lines"),
            by=lambda rows, yes: rows.filter(quarantined__gt=0) if yes else rows.filter(quarantined=0),
        ),
        DateRange("created_at", _("Received")),
    )
    sort = "-created_at"


class SourceTable(Table):
    name = "monitor.source"
    columns = (
        Column("number", _("Number"), kind="code", link=True),
        Column("name", _("Name")),
        Column("operator", _("Operator"), value="operator.name", sort="operator__name_zh"),
        Column("last_batch_at", _("Last batch"), kind="ago"),
        Column("state", _("State"), kind="badge"),
        Column("description", _("Description"), shown=False),
    )
    filters = (
        Search("number", "name", "description", "operator__name_zh", "operator__name_en"),
        Choice("state", _("State"), choices=Source.State.choices),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
    )
    sort = "name"


class SourceLines(Table):
    """Sources in a card on another page."""

    name = "monitor.source.lines"
    columns = (
        Column("name", _("Name"), link=True),
        Column("last_batch_at", _("Last batch"), kind="ago"),
        Column("state", _("State"), kind="badge"),
    )
    sort = "name"


class BatchLines(Table):
    """Batches in a card on another page."""

    name = "monitor.batch.lines"
    columns = (
        Column("number", _("Batch"), kind="code", link=True),
        Column("created_at", _("Received"), kind="ago"),
        Column("accepted", _("Accepted"), kind="number"),
        Column("quarantined", _("Quarantined"), kind="number"),
        Column("matches", _("Matches"), kind="number"),
        Column("state", _("State"), kind="badge"),
    )
    sort = "-created_at"


class ExceptionTable(Table):
    name = "monitor.ruleexception"
    columns = (
        Column("number", _("Exception"), kind="code", link=True),
        Column("rule", _("Rule"), value=lambda row: str(row.rule), sort="rule__title"),
        Column("text", _("Events excepted"), kind="code"),
        Column("operator", _("Operator"), value=lambda row: row.operator.name if row.operator else _("All operators")),
        Column("until", _("Until"), kind="moment"),
        Column("reason", _("Reason")),
        Column("state", _("State"), kind="badge"),
    )
    filters = (
        Search("number", "rule__title", "rule__rule_id", "text", "reason"),
        Choice("state", _("State"), choices=RuleException.State.choices),
    )
    sort = "-number"


class ExceptionLines(Table):
    """Exceptions in a card on the page of their rule."""

    name = "monitor.ruleexception.lines"
    columns = tuple(ExceptionTable.columns[place] for place in (0, 2, 3, 4, 6))
    sort = "-number"


class HuntTable(Table):
    name = "monitor.hunt"
    columns = (
        Column("number", _("Hunt"), kind="code", link=True),
        Column("name", _("Name")),
        Column("kind", _("Kind"), value=lambda hunt: _("Back-test") if hunt.rule_id else _("Hunt")),
        Column("since", pgettext_lazy("hunt", "From"), kind="day"),
        Column("until", pgettext_lazy("hunt", "To"), kind="day"),
        Column("asked_by", _("Asked by"), value=lambda hunt: str(hunt.asked_by)),
        Column("owner", _("Organisation"), value="owner.name", sort="owner__name_zh"),
        Column("ran_at", _("Run"), kind="ago"),
        Column("state", _("State"), kind="badge"),
    )
    filters = (
        Search("number", "name", "text"),
        Choice("state", _("State"), choices=Hunt.State.choices),
        Boolean("rule", _("Back-test"), by=lambda rows, yes: rows.filter(rule__isnull=not yes)),
        DateRange("ran_at", _("Run")),
    )
    sort = "-number"


class HuntLines(Table):
    """Back-tests in a card on the page of their rule."""

    name = "monitor.hunt.lines"
    columns = tuple(HuntTable.columns[place] for place in (0, 3, 4, 5, 7, 8))
    sort = "-number"


class RuleTable(Table):
    name = "monitor.rule"
    columns = (
        Column("title", _("Title"), value=str, link=True, sort="title"),
        Column("level", _("Level"), value=level_badge, sort="level"),
        Column("product", _("Product")),
        Column("category", _("Category")),
        Column("techniques", "ATT&CK"),
        Column("is_enabled", _("Enabled"), kind="boolean"),
        Column(
            "rejected", _("Not evaluated because"), value=lambda row: reasons.of_rule(row.rejected), sort="rejected"
        ),
        Column("path", _("File"), kind="code", shown=False),
        Column("rule_id", _("Rule id"), kind="code", shown=False),
        Column("changed_at", _("Changed"), kind="ago", shown=False),
    )
    filters = (
        Search("title", "rule_id", "path"),
        Choice("level", _("Level"), choices=Alert.Level.choices),
        Choice("kind", _("Kind"), choices=RuleRecord.Kind.choices),
        Boolean("is_enabled", _("Enabled")),
        Boolean(
            "rejected",
            _("Not evaluated"),
            by=lambda rows, yes: rows.exclude(rejected="") if yes else rows.filter(rejected=""),
        ),
    )
    sort = "title"

    @classmethod
    def row_class(cls, row: RuleRecord) -> str:
        return "is-muted" if row.rejected or not row.is_enabled else ""
