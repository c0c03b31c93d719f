"""Mails: made with the notifications they carry in one transaction, marked before they are tried, never sent twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bastide.base.inbox import discretion
from bastide.base.inbox.models import Letter, Notification, Topic, Way
from bastide.base.people.models import Account

log = logging.getLogger(__name__)
LOST = timedelta(minutes=10)
LISTED = 100  # lines of one mail; the rest is counted
TURN = 200  # mails of one turn
S = Letter.State


def cutoff(way: str, at: datetime) -> datetime:
    """The last moment at which a digest was due: today's hour (Monday's for a week), or the one before."""
    here = at.astimezone(timezone.get_default_timezone())
    last = here.replace(hour=settings.BASTIDE_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if way == Way.WEEKLY:
        last -= timedelta(days=last.weekday())
    if last > here:
        last -= timedelta(days=7 if way == Way.WEEKLY else 1)
    return last


def collect(*, at: datetime) -> int:
    """Make the mails that are due; returns how many. What was read in the console meanwhile is not mailed."""
    return sum(_collect(way, at) for way in (Way.AT_ONCE, Way.DAILY, Way.WEEKLY))


def _collect(way: Way, at: datetime) -> int:
    until = at if way == Way.AT_ONCE else cutoff(way, at)
    waiting = Notification.objects.filter(way=way, letter=None, read_at=None, account__is_active=True)
    waiting = waiting.filter(at__lt=until) if way != Way.AT_ONCE else waiting
    waiting = waiting.exclude(account__email="")
    people = waiting.order_by("account_id").values_list("account_id", flat=True).distinct()
    return sum(_write(way, pk, waiting, until, at) for pk in list(people))


def _write(way: Way, account_id: int, waiting: QuerySet[Notification], until: datetime, at: datetime) -> bool:
    """One letter and the mark on what it carries, together."""
    try:
        with transaction.atomic():
            notes = [note.pk for note in waiting.filter(account_id=account_id).select_for_update(of=("self",))]
            if not notes:
                return False
            period = str(min(notes)) if way == Way.AT_ONCE else f"{until:%Y-%m-%d}"
            letter = Letter.objects.create(
                account_id=account_id, way=way, key=f"{way}:{account_id}:{period}", made_at=at
            )  # fmt: skip
            Notification.objects.filter(pk__in=notes).update(letter=letter)
    except IntegrityError:
        return False  # this day's or week's digest has gone; what came late waits for the next
    return True


def send(*, at: datetime) -> int:
    """Mail the letters that wait. While the mail server is away they go on waiting."""
    Letter.objects.filter(state=S.TRIED, tried_at__lt=at - LOST).update(state=S.UNKNOWN)
    waiting = list(Letter.objects.filter(state=S.WAITING).order_by("pk").values_list("pk", flat=True)[:TURN])
    if not waiting:
        return 0
    connection = get_connection()
    try:
        connection.open()
    except Exception:
        log.exception("the mail server cannot be reached", extra={"letters": len(waiting)})
        return 0
    try:
        return sum(_send(pk, connection, at) for pk in waiting)
    finally:
        connection.close()


def _send(pk: int, connection: object, at: datetime) -> bool:
    if not Letter.objects.filter(pk=pk, state=S.WAITING).update(state=S.TRIED, tried_at=at):
        return False
    letter = Letter.objects.select_related("account").get(pk=pk)
    notes = worth_saying(letter)
    if not notes:
        Letter.objects.filter(pk=pk).update(state=S.EMPTY)
        return False
    mail = compose(letter.account, notes, letter.way)
    mail.connection = connection  # type: ignore[assignment]
    try:
        mail.send()
    except Exception as error:  # whatever the mail server says, it is kept
        log.exception("a letter could not be mailed", extra={"letter": pk})
        Letter.objects.filter(pk=pk).update(state=S.FAILED, error=f"{type(error).__name__}: {error}"[:300])
        return False
    with transaction.atomic():
        Letter.objects.filter(pk=pk).update(state=S.SENT)
        Notification.objects.filter(pk__in=[note.pk for note in notes]).update(mailed_at=at)
    return True


def worth_saying(letter: Letter) -> list[Notification]:
    """What a letter still carries: nothing for whoever left, nor of an organisation they left."""
    if not letter.account.is_active or not letter.account.email:
        return []
    homes = {membership.organisation_id for membership in letter.account.standing()}
    notes = letter.notes.filter(read_at=None).order_by("urgency", "at", "pk")  # "high" comes first
    return [note for note in notes if note.organisation_id is None or note.organisation_id in homes]


def compose(account: Account, notes: Sequence[Notification], way: str) -> EmailMessage:
    """A mail in the person's language, by topic, each line with its address in the console."""
    hidden = discretion.classified((note.kind, note.thing_id) for note in notes if note.thing_id is not None)
    with translation.override(account.language):
        lines = [_("Dear %(name)s,") % {"name": account.name}, ""]
        for topic in Topic:
            about = [note for note in notes[:LISTED] if note.topic == topic]
            if not about:
                continue
            lines += [str(topic.label), ""]
            for note in about:
                mark = _("Urgent: ") if note.urgency == Notification.Urgency.HIGH else ""
                lines += [f"- {mark}{words_of(note, classified=_is_in(note, hidden))}", f"  {address(note.url)}", ""]
        if len(notes) > LISTED:
            lines += [_("%(count)s more stand in the console.") % {"count": len(notes) - LISTED}, ""]
        lines += [_("How you are told is chosen here: %(address)s") % {"address": _choices()}]
        return EmailMessage(subject=_subject(notes, way), body="\n".join(lines), to=[account.email])


def words_of(note: Notification, *, classified: bool) -> str:
    """What is said of it outside the console: of a classified thing its number, and when something is due.

    Not that it is classified: mails pass through many hands.
    """
    if not classified:
        if "error" in note.args:  # words of a machine, which may quote anything
            note.args = {**note.args, "error": "…"}
        return note.sentence
    number = note.number or note.args.get("number", "")
    if note.topic == Topic.CLOCK and note.args.get("due"):
        return _("%(number)s: a clock of it is due at %(due)s. Sign in to read it.") % {
            "number": number, "due": note.args["due"],
        }  # fmt: skip
    return _("%(number)s: sign in to read it.") % {"number": number}


def is_classified(note: Notification) -> bool:
    """The same question for one notification alone."""
    if note.thing_id is None:
        return False
    return bool(discretion.classified([(note.kind, note.thing_id)]))


def _is_in(note: Notification, hidden: set[discretion.Named]) -> bool:
    return note.thing_id is not None and (note.kind, note.thing_id) in hidden


def _subject(notes: Sequence[Notification], way: str) -> str:
    if way == Way.AT_ONCE and len(notes) == 1 and notes[0].number:
        return _("Bastide: %(number)s") % {"number": notes[0].number}
    count = ngettext("%(count)s notification", "%(count)s notifications", len(notes)) % {"count": len(notes)}
    names = {Way.DAILY: _("daily digest"), Way.WEEKLY: _("weekly digest")}
    return f"Bastide: {names[Way(way)]} – {count}" if way in names else f"Bastide: {count}"


def address(path: str) -> str:
    """A page of the console as an address that works from outside."""
    return settings.BASTIDE_ADDRESS + (path or "/")


def _choices() -> str:
    try:
        return address(reverse("dispatch:choices"))
    except NoReverseMatch:
        return address("")
