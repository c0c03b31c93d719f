"""Checks that run by themselves: evidence hashed again in turn, and bytes without a row swept away."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import terms
from bastide.base.inbox import notes
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job
from bastide.base.people.models import Account, Organisation
from bastide.base.vault import disposal, flows, store
from bastide.base.vault.access import Can
from bastide.base.vault.models import Content, Custody, EvidenceFile

RECHECK, SWEEP = "vault.recheck", "vault.sweep"
AT_ONCE = 500
ROUND = 30  # days, at a turn a day
OLD = timedelta(hours=24)

DAMAGED_TEXT = gettext_noop("The content of evidence %(number)s is damaged or gone.")


@job(RECHECK, lane=Lane.LONG, title=_("Check evidence against its hash"))
def recheck(held: Job) -> dict[str, int]:
    """The files never checked first, then those checked longest ago: so many that each has its turn in a month."""
    by, damaged = Account.objects.house(), 0
    kept = EvidenceFile.objects.filter(disposed_at=None)
    turn = max(AT_ONCE, -(-kept.count() // ROUND))
    first = kept.order_by(F("verified_at").asc(nulls_first=True), "pk")
    files = list(first.select_related("content")[:turn])
    for done, evidence in enumerate(files, 1):
        at = terms.now()
        if not flows.verify(evidence, by=by, at=at):
            damaged += 1
            # The same damage is told once; a later one, after the file was found whole, is another.
            key = f"vault.damaged:{evidence.pk}:{evidence.custody.filter(act=Custody.Act.VERIFIED).count()}"
            for authority in Organisation.objects.filter(kind=Organisation.Kind.NATIONAL):
                notes.tell(
                    organisation=authority, can=Can.VERIFY, at=at, thing=evidence, text=DAMAGED_TEXT,
                    args={"number": evidence.number}, urgency="high", key=key, topic="system",
                )  # fmt: skip
        held.progress(done, len(files), evidence.number)
    return {"checked": len(files), "damaged": damaged}


@job(SWEEP, lane=Lane.LONG, title=_("Sweep bytes that belong to nothing"))
def sweep(held: Job) -> dict[str, int]:
    """Bytes left by acts that were undone. Young ones stay: their act may still be under way."""
    before, gone = time.time() - OLD.total_seconds(), 0
    old = [sha256 for sha256, kept in store.kept_hashes() if kept < before]
    for start in range(0, len(old), AT_ONCE):
        some = old[start : start + AT_ONCE]
        known = set(Content.objects.filter(sha256__in=some).values_list("sha256", flat=True))
        for sha256 in set(some) - known:
            store.forget(sha256, before=before)
            gone += 1
        held.progress(min(start + AT_ONCE, len(old)), len(old), "")
    # Deletions whose bytes a crash left behind.
    for content in Content.objects.filter(evidence__disposed_at__isnull=False).distinct():
        disposal.remove_bytes(content, before=before)
    return {"swept": gone, "parts": store.sweep_parts(before=before)}
