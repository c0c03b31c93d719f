"""Clocks, their events and their reminders. Events are only ever added; the clock's columns are a cache of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from bastide.base import packs, terms
from bastide.base.clock.reading import Event, Outcome, Reading, State, What
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import Scope
from bastide.base.terms import Term, Unit
from bastide.base.trail.models import AppendOnly


class Clock(models.Model):
    """One duty with a time: who owes what to whom, by which clause, about which thing."""

    class Standing(models.TextChoices):
        RUNNING = State.RUNNING.value, pgettext_lazy("clock", "Running")
        PAUSED = State.PAUSED.value, pgettext_lazy("clock", "Paused")
        MET = State.MET.value, pgettext_lazy("clock", "In time")
        MISSED = State.MISSED.value, pgettext_lazy("clock", "Late")
        CANCELLED = State.CANCELLED.value, pgettext_lazy("clock", "Cancelled")
        # Done, and the calendar that decides whether in time is not published yet.
        UNJUDGED = State.UNJUDGED.value, pgettext_lazy("clock", "Done, not yet judged")

    SCOPE = Scope(organisations=("bearer",), areas=("area",))

    # What it is about: kind and id as in the trail, and the number people know it by.
    thing_kind = models.CharField(max_length=60)
    thing_id = models.BigIntegerField()
    thing_number = models.CharField(_("number"), max_length=80, blank=True)
    bearer = models.ForeignKey(Organisation, models.PROTECT, related_name="clocks", verbose_name=_("owed by"))
    area = models.CharField(_("province"), max_length=12, blank=True, db_index=True)
    # Which duty: the clock type of a pack, as that version of the pack said it.
    type_id = models.CharField(_("clock type"), max_length=40)
    pack_id = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    mark = models.CharField(_("certainty"), max_length=20)
    clause = models.CharField(_("clause"), max_length=200, blank=True)
    owed_to = models.CharField(_("owed to"), max_length=200, blank=True)  # party ids of the pack with commas, or words
    term_value = models.CharField(max_length=20)
    term_unit = models.CharField(max_length=10)
    term_rolls = models.BooleanField(default=False)
    zone = models.CharField(max_length=60)
    calendar_id = models.CharField(max_length=20)
    calendar_version = models.CharField(max_length=300)
    # The cache: always what `reading.read` says of the events.
    state = models.CharField(_("state"), max_length=10, choices=Standing.choices)
    started_at = models.DateTimeField(_("started"))
    due_at = models.DateTimeField(_("due"), null=True)
    due_day = models.DateField(null=True)
    earliest_at = models.DateTimeField(null=True)
    unknown_year = models.PositiveIntegerField(null=True)
    paused_since = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    has_number = models.BooleanField(default=True)
    # The due time for which the fact that it is late was announced.
    overdue_told_for = models.DateTimeField(null=True)
    known_at = models.DateTimeField()

    class Meta:
        ordering = [F("due_at").asc(nulls_last=True), "pk"]
        indexes = [
            models.Index(fields=["thing_kind", "thing_id"], name="clocks_of_a_thing"),
            models.Index(fields=["due_at"], condition=Q(state="running"), name="clocks_running"),
            models.Index(fields=["bearer", "due_at"], condition=Q(state="running"), name="clocks_of_a_bearer"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["thing_kind", "thing_id", "type_id", "bearer", "owed_to"],
                condition=Q(state__in=["running", "paused"]),
                name="a_duty_about_a_thing_runs_once",
            ),
            models.CheckConstraint(
                name="a_running_clock_is_due_or_says_why",
                condition=~Q(state="running") | Q(due_at__isnull=False) | Q(unknown_year__isnull=False),
            ),
            models.CheckConstraint(
                name="a_stopped_clock_has_a_stop",
                condition=Q(state__in=["running", "paused"]) | Q(stopped_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type_id} {self.thing_number}"

    def get_absolute_url(self) -> str:
        """The page of the thing it is about."""
        app, _dot, model = self.thing_kind.partition(".")
        try:
            return reverse(f"{app}:{model}_detail", args=[self.thing_number])
        except NoReverseMatch:
            return ""

    # -- what it says ---------------------------------------------------------------------------------------------

    @property
    def title(self) -> packs.Text:
        """The duty's name, as the pack said it when the clock started."""
        return packs.Text(zh=self.name_zh, en=self.name_en)

    @property
    def number(self) -> str:
        return self.thing_number

    @property
    def term(self) -> Term:
        return Term(self.term_value, self.term_unit, self.term_rolls)

    @property
    def is_open(self) -> bool:
        return self.state in {State.RUNNING, State.PAUSED}

    @property
    def reading(self) -> Reading:
        """The cached reading."""
        return Reading(
            State(self.state), self.started_at, self.due_at, self.due_day, self.earliest_at, self.unknown_year,
            self.paused_since, self.stopped_at, self.has_number,
        )  # fmt: skip

    def is_overdue(self, at: datetime) -> bool:
        return self.reading.is_overdue(at)

    def remaining(self, at: datetime) -> timedelta | None:
        return self.reading.remaining(at)

    def share_used(self, at: datetime) -> float | None:
        return self.reading.share_used(at, self.known_at if self.term.counts_back else None)

    # For templates, which cannot pass a moment: the same, now.

    @property
    def is_late(self) -> bool:
        return self.is_overdue(terms.now())

    @property
    def left(self) -> timedelta | None:
        return self.remaining(terms.now())

    @property
    def percent_used(self) -> int | None:
        share = self.share_used(terms.now())
        return None if share is None else int(share * 100)

    @property
    def unknown_reason(self) -> str:
        """Why there is no due time, in the reader's language; empty when there is one."""
        if self.state == State.PAUSED:
            return gettext("Paused since %(since)s; the due time follows when it runs again.") % {
                "since": self.local(self.paused_since)
            }
        if self.unknown_year is None or (self.due_at is not None):
            return ""
        words = gettext("The %(year)s working-day calendar is not published yet.") % {"year": self.unknown_year}
        if self.earliest_at is not None:
            words += " " + gettext("At the earliest it is due on %(day)s.") % {"day": self.end_label(self.earliest_at)}
        return words

    @property
    def due_label(self) -> str:
        """When it is due, in its own zone; a last day ends at 24:00 of itself, not at 0:00 of the next."""
        if not self.has_number:
            return gettext("At once")
        return self.due_label_plain

    @property
    def due_label_plain(self) -> str:
        """The due time in figures alone, the same in every language."""
        return self.end_label(self.due_at) if self.due_at is not None else ""

    @property
    def term_label(self) -> str:
        """How long, in words."""
        term = self.term
        if term.unit is Unit.DATE:
            return gettext("each year on %(day)s") % {"day": term.value}
        if term.unit is Unit.IMMEDIATE:
            return gettext("at once")
        count = abs(term.number)
        if term.unit is Unit.H and count < 1:
            return ngettext("%(count)s minute", "%(count)s minutes", round(count * 60)) % {"count": round(count * 60)}
        return _counted(term.unit, int(count)) % {"count": term.value.lstrip("-")}

    @property
    def owed_to_label(self) -> str:
        """To whom, in the reader's language: the parties' names, or the words that were given."""
        try:
            pack = packs.pack(self.pack_id)
            return gettext(", ").join(
                str(pack.party(name.strip()).name) for name in self.owed_to.split(",") if name.strip()
            )
        except (packs.PackError, packs.UnknownName):
            return self.owed_to

    def local(self, moment: datetime | None) -> str:
        """A moment in the clock's own zone, with the offset said."""
        if moment is None:
            return ""
        here = moment.astimezone(ZoneInfo(self.zone))
        return f"{here:%Y-%m-%d %H:%M} ({here:UTC%z})"

    def end_label(self, moment: datetime) -> str:
        """An end of this clock in its own zone; a last day ends at 24:00."""
        here = moment.astimezone(ZoneInfo(self.zone))
        if self.term.is_by_day and not self.term.counts_back and (here.hour, here.minute) == (0, 0):
            last = here - timedelta(days=1)
            return f"{last:%Y-%m-%d} 24:00 ({last:UTC%z})"
        return self.local(moment)

    # -- where it comes from ---------------------------------------------------------------------------------------

    def thing(self) -> models.Model | None:
        """The thing it is about (one query); None if its kind is not installed here."""
        try:
            model = apps.get_model(self.thing_kind)
        except LookupError:
            return None
        return model._default_manager.filter(pk=self.thing_id).first()

    def history(self, known_at: datetime | None = None) -> list[Event]:
        """Its events in the order of their time; only what the system knew at a moment, if one is given."""
        rows = self.events.order_by("at", "pk")
        if known_at is not None:
            rows = rows.filter(known_at__lte=known_at)
        return [row.event for row in rows]


def _counted(unit: Unit, count: int) -> str:
    """ "%(count)s working days" and its like."""
    if unit is Unit.H:
        return ngettext("%(count)s hour", "%(count)s hours", count)
    if unit is Unit.D:
        return ngettext("%(count)s day", "%(count)s days", count)
    if unit is Unit.WD:
        return ngettext("%(count)s working day", "%(count)s working days", count)
    if unit is Unit.MO:
        return ngettext("%(count)s month", "%(count)s months", count)
    return ngettext("%(count)s year", "%(count)s years", count)


class ClockEvent(AppendOnly):
    """What happened to a clock: when by law, when it was known, by which clause, because of what, entered by whom."""

    class Kind(models.TextChoices):
        START = What.START.value, pgettext_lazy("clock", "Started")
        PAUSE = What.PAUSE.value, pgettext_lazy("clock", "Paused")
        RESUME = What.RESUME.value, pgettext_lazy("clock", "Resumed")
        EXTEND = What.EXTEND.value, pgettext_lazy("clock", "Extended")
        STOP = What.STOP.value, pgettext_lazy("clock", "Stopped")

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="events")
    what = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=terms.now)
    clause = models.CharField(max_length=200, blank=True)
    fact = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)
    by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    term_value = models.CharField(max_length=20, blank=True)
    term_unit = models.CharField(max_length=10, blank=True)
    until = models.DateField(null=True)
    outcome = models.CharField(max_length=10, default=Outcome.DONE.value)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(what="start"), name="a_clock_starts_once"),
            models.UniqueConstraint(fields=["clock"], condition=Q(what="stop"), name="a_clock_stops_once"),
            models.CheckConstraint(
                name="an_extension_has_a_term_or_a_day",
                condition=~Q(what="extend") | (Q(term_unit="") ^ Q(until__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.at}"

    @property
    def event(self) -> Event:
        term = Term(self.term_value, self.term_unit) if self.term_unit else None
        return Event(What(self.what), self.at, term, self.until, Outcome(self.outcome))


class Reminder(models.Model):
    """One reminder of one clock for one audience: due at a time, settled once, with proof."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("reminder", "Planned")
        SENT = "sent", pgettext_lazy("reminder", "Sent")
        COVERED = (
            "covered",
            pgettext_lazy("reminder", "Covered by a later reminder"),
        )  # both were missed; one message says it all
        DROPPED = (
            "dropped",
            pgettext_lazy("reminder", "No longer needed"),
        )  # the clock stopped, paused, or was due at another time
        NOBODY = "nobody", pgettext_lazy("reminder", "Nobody to tell")

    class Mail(models.TextChoices):
        NONE = "", pgettext_lazy("reminder", "No mail")
        WAITING = "waiting", pgettext_lazy("reminder", "To be mailed")
        TRIED = "tried", pgettext_lazy("reminder", "Being mailed")
        SENT = "sent", pgettext_lazy("reminder", "Mailed")
        FAILED = "failed", pgettext_lazy("reminder", "Mail refused")
        UNKNOWN = (
            "unknown",
            pgettext_lazy("reminder", "Interrupted while mailing"),
        )  # not mailed again, so nobody gets it twice

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="reminders")
    told = models.CharField(max_length=10, choices=[(told.value, told.value) for told in packs.Told])
    offset = models.IntegerField()  # seconds from the due time, negative before it
    basis_at = models.DateTimeField()  # the due (or earliest) time it was planned for
    send_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    settled_at = models.DateTimeField(null=True)
    covered_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    sent_to = models.JSONField(default=list)  # user names, the proof
    mail = models.CharField(max_length=10, choices=Mail.choices, default=Mail.NONE, blank=True)
    mail_tried_at = models.DateTimeField(null=True)
    mail_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["send_at", "pk"]
        indexes = [
            models.Index(fields=["send_at"], condition=Q(state="waiting"), name="reminders_waiting"),
            models.Index(fields=["mail"], condition=Q(mail__in=["waiting", "tried"]), name="reminders_to_mail"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["clock", "told", "offset", "basis_at"], name="a_reminder_is_planned_once"),
            models.CheckConstraint(
                name="a_settled_reminder_says_when", condition=Q(state="waiting") | Q(settled_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.offset:+} s {self.told}"

    @property
    def key(self) -> str:
        """The key under which nobody is told twice."""
        return f"clock-reminder-{self.pk}"

    def settle(self, state: str, at: datetime, **more: Any) -> None:
        """Sent, covered, dropped or nobody there: once and for good."""
        self.state, self.settled_at = state, at
        for name, value in more.items():
            setattr(self, name, value)
        self.save()
