"""Monitoring in the search and on the desk: alerts, batches, sources and rules by number or name."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bastide.base.people.models import Account
from bastide.base.ui.desk import DeskItem
from bastide.base.ui.search import LIMIT, Hit, begins, holds, is_number
from bastide.monitor import reads
from bastide.monitor.access import Can
from bastide.monitor.models import RuleRecord

GRAVE = ("high", "critical")


def find(account: Account, words: str) -> list[Hit]:
    """What monitoring knows under these words, as far as the account may see it."""
    found: list[Hit] = []
    if account.can(Can.SEE_ALERT):
        found += [
            Hit(_("Alert"), row.title, row.get_absolute_url(), f"{row.number} · {row.host}", "alert-triangle")
            for row in reads.alerts(account).filter(_of_alerts(words)).order_by("-pk")[:LIMIT]
        ]
    if account.can(Can.SEE_SOURCE):
        rows = reads.sources(account).filter(Q(number__icontains=words) | Q(name__icontains=words))[:LIMIT]
        found += [Hit(_("Source"), row.name, row.get_absolute_url(), row.operator.name, "antenna") for row in rows]
    if account.can(Can.SEE_BATCH):
        batches = reads.batches(account).filter(Q(number__icontains=words) | Q(sha256__istartswith=words))[:LIMIT]
        found += [
            Hit(_("Event batch"), row.number, row.get_absolute_url(), row.source.name, "database") for row in batches
        ]
    if account.can(Can.SEE_RULE):
        rules = reads.rules(account).filter(Q(title__icontains=words) | Q(rule_id__istartswith=words))[:LIMIT]
        found += [Hit(_("Detection rule"), str(row), row.get_absolute_url(), row.level, "filter") for row in rules]
    return found


def _of_alerts(words: str) -> Q:
    """By number, else by the title of their rule and their host; the rules are few and looked for first."""
    if is_number(words):
        return begins("number", words.upper())
    titled = list(RuleRecord.objects.filter(holds(words, "title")).values_list("pk", flat=True))
    named = Q(rule__in=titled) | begins("host", words)
    return named | Q(number__contains=words.upper()) if words.isascii() else named


def waiting(account: Account) -> list[DeskItem]:
    """One line for all grave alerts nobody has looked at."""
    number = reads.alerts_waiting(account)
    if not number:
        return []
    title = ngettext(
        "%(number)s new alert of level high or critical", "%(number)s new alerts of level high or critical", number
    ) % {"number": number}
    url = f"{reverse('monitor:alert_list')}?{urlencode({'state': 'new', 'level': GRAVE}, doseq=True)}"
    return [DeskItem(_("Look at"), title, url, icon="alert-triangle")]
