"""Reminders: planned from the pack when a due time is set, sent once each with proof, caught up after an outage."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from bastide.base import packs
from bastide.base.clock.access import Can
from bastide.base.clock.models import Clock, Reminder
from bastide.base.inbox import letters, notes
from bastide.base.inbox.models import Notification, Topic, Way
from bastide.base.packs import Told
from bastide.base.people.models import Organisation

log = logging.getLogger(__name__)

# Told as message ids, so that each reader reads them in their language.
COMING = gettext_noop("%(number)s: “%(clock)s” is due at %(due)s.")
LATE = gettext_noop("%(number)s: “%(clock)s” is overdue since %(due)s.")
AT_ONCE = gettext_noop("%(number)s: “%(clock)s” is owed at once and still open.")
UNKNOWN = gettext_noop(
    "%(number)s: “%(clock)s” may be due as early as %(due)s; the calendar of %(year)s is not published."
)

MAIL_LOST = timedelta(minutes=10)


def plan(clock: Clock, *, at: datetime) -> None:
    """Bring the planned reminders in line with the due time. What was planned for another time is dropped, not lost."""
    basis = (clock.due_at or clock.earliest_at) if clock.state == Clock.Standing.RUNNING else None
    stale = clock.reminders.filter(state=Reminder.State.WAITING)
    if basis is not None:
        stale = stale.exclude(basis_at=basis)
    stale.update(state=Reminder.State.DROPPED, settled_at=at)
    if basis is None:
        return
    known = {(row.told, row.offset): row for row in clock.reminders.filter(basis_at=basis)}
    wanted = {(rule.to.value, int(rule.at.total_seconds())) for rule in _rules(clock)}
    Reminder.objects.bulk_create(
        Reminder(clock=clock, told=told, offset=offset, basis_at=basis, send_at=basis + timedelta(seconds=offset))
        for told, offset in sorted(wanted - known.keys())
    )
    again = [row.pk for key, row in known.items() if key in wanted and row.state == Reminder.State.DROPPED]
    if again:
        Reminder.objects.filter(pk__in=again).update(state=Reminder.State.WAITING, settled_at=None)


def _rules(clock: Clock) -> tuple[packs.ReminderRule, ...]:
    try:
        return packs.pack(clock.pack_id).clock(clock.type_id).reminders
    except (packs.PackError, packs.UnknownName):
        return ()


def send_due(*, at: datetime) -> dict[str, int]:
    """Settle every reminder whose time has come. Of several missed ones for the same people the last is sent, and says
    how it stands now; the others are marked as covered by it."""
    counts: dict[str, int] = defaultdict(int)
    due = Reminder.objects.filter(state=Reminder.State.WAITING, send_at__lte=at)
    for clock_id in list(due.order_by("clock_id").values_list("clock_id", flat=True).distinct()):
        with transaction.atomic():
            clock = Clock.objects.select_for_update(of=("self",)).select_related("bearer").get(pk=clock_id)
            groups: dict[str, list[Reminder]] = defaultdict(list)
            for row in due.filter(clock=clock).select_for_update(of=("self",)).order_by("send_at", "pk"):
                groups[row.told].append(row)
            for rows in groups.values():
                for state in _settle(clock, rows, at):
                    counts[state] += 1
    if nobody := counts.get(Reminder.State.NOBODY.value):
        log.warning("reminders found nobody to tell", extra={"reminders": nobody})
    return dict(counts)


def _settle(clock: Clock, rows: list[Reminder], at: datetime) -> list[str]:
    """The last of the rows is sent, the earlier ones are covered by it."""
    *earlier, last = rows
    _send(clock, last, at)
    for row in earlier:
        row.settle(Reminder.State.COVERED, at, covered_by=last)
    return [str(row.state) for row in rows]


def _send(clock: Clock, row: Reminder, at: datetime) -> None:
    told: list[Notification] = []
    for organisation, can in _audience(clock, Told(row.told)):
        told = notes.tell(
            organisation=organisation, can=can, at=at, thing=clock.thing() or clock, text=_text(clock, at),
            args=args_of(clock), urgency="high" if _is_urgent(clock, at) else "normal", key=row.key,
            topic=Topic.CLOCK, own_mail=True,
        )  # fmt: skip
        if told:
            break
    if not told:
        row.settle(Reminder.State.NOBODY, at)
        return
    mail = Reminder.Mail.WAITING if any(note.way == Way.OWN for note in told) else Reminder.Mail.NONE
    row.settle(Reminder.State.SENT, at, sent_to=[note.account.username for note in told], mail=mail)


def _is_urgent(clock: Clock, at: datetime) -> bool:
    return clock.is_overdue(at) or not clock.has_number


def _audience(clock: Clock, told: Told) -> list[tuple[Organisation, Can]]:
    """Whom to tell, and whom instead if there is nobody: the leader for the bearer, the nation for the province."""
    if told is Told.AUTHORITY:
        return [(authority, Can.OVERSEES) for authority in _authorities(clock)]
    if told is Told.LEADER:
        return [(clock.bearer, Can.LEADS), (clock.bearer, Can.OWES)]
    return [(clock.bearer, Can.OWES), (clock.bearer, Can.LEADS)]


def _authorities(clock: Clock) -> list[Organisation]:
    """The one a duty is owed to: above an authority its parent; for an operator its province, then the nation."""
    national = list(Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True).order_by("pk"))
    if clock.bearer.is_authority:
        return [clock.bearer.parent] if clock.bearer.parent is not None else national
    provincial = Organisation.objects.filter(kind=Organisation.Kind.PROVINCIAL, is_active=True).order_by("pk")
    return [*(provincial.filter(area=clock.area) if clock.area else []), *national]


def _text(clock: Clock, at: datetime) -> str:
    """What to say depends on how it stands when it is said, not on when it should have been said."""
    if clock.due_at is None:
        return UNKNOWN
    if not clock.has_number:
        return AT_ONCE
    return LATE if clock.is_overdue(at) else COMING


def args_of(clock: Clock) -> dict[str, object]:
    """The values of a message about a clock; its name in both languages."""
    end = clock.due_at or clock.earliest_at
    return {
        "number": clock.thing_number or clock.type_id,
        "clock": {"zh": clock.name_zh, "en": clock.name_en},
        "due": clock.end_label(end) if end is not None else "",
        "year": clock.unknown_year or "",
    }


def mail_waiting(*, at: datetime) -> int:
    """Send the mails of reminders. Marked before it is tried: an interrupted one is explained, never sent twice."""
    lost = Reminder.objects.filter(mail=Reminder.Mail.TRIED, mail_tried_at__lt=at - MAIL_LOST)
    lost.update(mail=Reminder.Mail.UNKNOWN)
    sent = 0
    for pk in list(Reminder.objects.filter(mail=Reminder.Mail.WAITING).order_by("pk").values_list("pk", flat=True)):
        mine = Reminder.objects.filter(pk=pk, mail=Reminder.Mail.WAITING)
        if mine.update(mail=Reminder.Mail.TRIED, mail_tried_at=at):
            sent += _mail(Reminder.objects.get(pk=pk), at)
    return sent


def _mail(row: Reminder, at: datetime) -> int:
    told = (
        Notification.objects.filter(key=row.key, way=Way.OWN)
        .exclude(account__email="")
        .select_related("account")
        .order_by("pk")
    )
    try:
        count = get_connection().send_messages([_letter(note) for note in told]) or 0
    except Exception as error:  # whatever the mail server says: it is kept as the proof that it was not mailed
        log.exception("a reminder could not be mailed", extra={"reminder": row.pk})
        row.mail, row.mail_error = Reminder.Mail.FAILED, f"{type(error).__name__}: {error}"[:300]
        row.save(update_fields=["mail", "mail_error"])
        return 0
    told.update(mailed_at=at)
    row.mail = Reminder.Mail.SENT
    row.save(update_fields=["mail"])
    return int(count)


def _letter(note: Notification) -> EmailMessage:
    with translation.override(note.account.language):
        words = letters.words_of(note, classified=letters.is_classified(note))
        subject = gettext("Reminder: %(number)s") % {"number": note.number or note.args.get("number", "")}
    return EmailMessage(subject=subject, body=words, to=[note.account.email])
