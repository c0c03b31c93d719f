"""How long evidence must be kept, and what stands against deleting it: retention, holds, duties that are still open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bastide.base.clock.models import Clock
from bastide.base.vault.models import EvidenceFile, Hold
from bastide.base.vault.names import extension_of

IsOpen = Callable[[Any], bool]
LOGS = {"log", "ndjson", "jsonl", "evtx", "pcap", "pcapng"}

# The owner of a kind says when a thing of it still asks something of somebody; others may need a file for their own.
_duties: dict[str, IsOpen] = {}
_claims: list[Callable[[EvidenceFile], bool]] = []


def kept_while(kind: str, is_open: IsOpen) -> None:
    """`kept_while("rectify.order", lambda order: order.is_alive)`, from the AppConfig.ready of the owner."""
    _duties[kind] = is_open


def also_kept_while(needs: Callable[[EvidenceFile], bool]) -> None:
    """For a room whose things lean on evidence of others: `also_kept_while(reads.leans_on)`."""
    if needs not in _claims:
        _claims.append(needs)


def class_of(evidence: EvidenceFile) -> str:
    """The retention class: logs by their form, everything else by the kind of thing it belongs to."""
    return "log" if extension_of(evidence.name) in LOGS else evidence.thing_kind


def until(evidence: EvidenceFile) -> datetime:
    """The moment up to which the file must be kept, whatever else holds."""
    times = settings.BASTIDE_RETENTION
    # Who hands a file in also names it: a name may not shorten what is set for the matter.
    days = max(times.get(class_of(evidence), times["default"]), times.get(evidence.thing_kind, 0))
    return (evidence.attached_at or evidence.received_at) + timedelta(days=days)


def holds_on(evidence: EvidenceFile) -> QuerySet[Hold]:
    """The holds in force: on the file itself, or on the whole matter it belongs to."""
    matter = Q(whole=True, evidence__thing_kind=evidence.thing_kind, evidence__thing_id=evidence.thing_id)
    own = Q(evidence=evidence)
    found = Hold.objects.filter(own | matter if evidence.thing_id is not None else own, lifted_at=None)
    return found.select_related("set_by", "evidence").order_by("pk")


def obstacles(evidence: EvidenceFile, *, at: datetime) -> Iterator[str]:
    """Everything that forbids deleting the file now, in words."""
    if evidence.disposed_at is not None:
        yield _("%(number)s was deleted already.") % {"number": evidence.number}
    for hold in holds_on(evidence):
        yield _("%(number)s is under a hold: %(reason)s") % {"number": evidence.number, "reason": hold.reason}
    if (end := until(evidence)) > at:
        yield _("%(number)s must be kept until %(day)s.") % {
            "number": evidence.number, "day": date_format(localtime(end), "Y-m-d"),
        }  # fmt: skip
    if _has_open_duty(evidence):
        yield _("A duty is still open for %(thing)s.") % {"thing": evidence.thing_number}
    if any(needs(evidence) for needs in _claims):
        yield _("Something that is not finished leans on %(number)s.") % {"number": evidence.number}


def _has_open_duty(evidence: EvidenceFile) -> bool:
    """Does a clock run, or is the thing itself not at its end? A kind nobody speaks for counts as open."""
    if evidence.thing_id is None:
        return False
    named = Q(thing_kind=evidence.thing_kind, thing_id=evidence.thing_id)
    if Clock.objects.filter(named, state__in=("running", "paused")).exists():
        return True
    is_open = _duties.get(evidence.thing_kind)
    thing = apps.get_model(evidence.thing_kind)._default_manager.filter(pk=evidence.thing_id).first()
    return is_open is None or (thing is not None and is_open(thing))
