"""What is kept of the norms: loads of packs, instruments, and every version of every clause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.packs.text import Mark
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

# Labels of the marks, worded for readers.
MARKS: dict[str, Any] = {
    Mark.SEEN.value: _("Read in the source"),
    Mark.SEEN_SECOND.value: _("Read in a secondary source"),
    Mark.UNVERIFIED.value: _("Not verified"),
    Mark.UNVERIFIED_LOW.value: _("Not verified, doubtful"),
    Mark.DESIGN.value: _("Default of this platform, not law"),
}
MARK_TONES = {"seen": "ok", "seen*": "info", "unverified": "warn", "unverified-low": "bad", "design": "neutral"}


def _pick(row: Any, name: str) -> str:
    """A bilingual field in the reader's language, or in the other one if it is empty there."""
    here, there = ("zh", "en") if (get_language() or "zh").startswith("zh") else ("en", "zh")
    return str(getattr(row, f"{name}_{here}") or getattr(row, f"{name}_{there}"))


class PackLoad(models.Model):
    """That a regime pack of a version was loaded: by whom, when, with which bytes."""

    SCOPE = Scope(open_to_all=True)

    pack = models.CharField(_("pack"), max_length=60)
    version = models.CharField(_("version"), max_length=40)
    digest = models.CharField("SHA-256", max_length=64)
    at = models.DateTimeField(_("loaded at"))
    by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    counts = models.JSONField(_("counts"), default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pack} {self.version}"


class Instrument(models.Model):
    """A law, regulation, rule, plan or standard."""

    SCOPE = Scope(open_to_all=True)

    class Rank(models.TextChoices):
        LAW = "law", _("Law")
        REGULATION = "administrative_regulation", _("Administrative regulation")
        RULE = "department_rule", _("Department rule")
        NORMATIVE = "normative_document", _("Normative document")
        STANDARD = "standard", _("Standard")
        DIRECTIVE = "directive", _("Directive")
        NATIONAL_LAW = "national_law", _("National law")

    class Status(models.TextChoices):
        IN_FORCE = "in_force", _("Effective")
        AMENDED = "amended", _("Amended")
        DRAFT = "draft", _("Draft for comment")
        REPEALED = "repealed", _("Repealed")

    TONES = {"in_force": "ok", "amended": "info", "draft": "neutral", "repealed": "muted"}

    pack = models.CharField(_("pack"), max_length=60)
    code = models.CharField(_("code"), max_length=40)
    position = models.PositiveIntegerField(default=0)
    name_zh = models.CharField(_("Chinese name"), max_length=300)
    name_en = models.CharField(_("English name"), max_length=300)
    identifier = models.CharField(_("document number"), max_length=200, blank=True)
    issuer_zh = models.CharField(_("issued by"), max_length=300)
    issuer_en = models.CharField(_("issued by"), max_length=300)
    rank = models.CharField(_("rank"), max_length=30, choices=Rank.choices)
    issued = models.DateField(_("issued on"), null=True)
    in_force = models.DateField(_("in force since"), null=True)
    status = models.CharField(_("legal status"), max_length=12, choices=Status.choices)
    status_note_zh = models.TextField(blank=True)
    status_note_en = models.TextField(blank=True)
    mark = models.CharField(_("source check"), max_length=16, choices=list(MARKS.items()))
    sources = models.JSONField(_("sources read"), default=list)
    is_listed = models.BooleanField(default=True)  # still in the pack in force

    class Meta:
        verbose_name = _("instrument")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["pack", "code"], name="a_pack_has_an_instrument_once")]

    if TYPE_CHECKING:
        clauses: RelatedManager[Clause]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("norms:instrument_detail", args=[self.code])

    @property
    def name(self) -> str:
        return _pick(self, "name")

    @property
    def issuer(self) -> str:
        return _pick(self, "issuer")

    @property
    def status_note(self) -> str:
        return _pick(self, "status_note")


class Clause(models.Model):
    """One version of a clause: what it asks, of whom, by when, under which sanction. Rows are only added and closed."""

    SCOPE = Scope(open_to_all=True)

    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="clauses", verbose_name=_("instrument"))
    anchor = models.CharField(_("anchor"), max_length=120, db_index=True)  # "INC25 4(1)"
    article = models.CharField(_("article"), max_length=80)
    position = models.PositiveIntegerField(default=0)
    text_zh = models.TextField(_("wording"))
    text_en = models.TextField(_("wording"))
    who = models.JSONField(_("who"), default=list)  # codes of parties of the pack
    deadline_zh = models.TextField(_("time limit"), blank=True)
    deadline_en = models.TextField(_("time limit"), blank=True)
    clock = models.CharField(_("clock"), max_length=40, blank=True)
    sanction_zh = models.TextField(_("sanction"), blank=True)
    sanction_en = models.TextField(_("sanction"), blank=True)
    note_zh = models.TextField(_("note"), blank=True)
    note_en = models.TextField(_("note"), blank=True)
    mark = models.CharField(_("source check"), max_length=16, choices=list(MARKS.items()))
    sources = models.JSONField(_("sources read"), default=list)
    edition = models.CharField(_("edition read"), max_length=120, blank=True)
    # From when until when this wording stood in the platform; the current one has no end.
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"), null=True)
    load = models.ForeignKey(PackLoad, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("clause")
        ordering = ["instrument__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "anchor"], condition=Q(valid_to=None), name="a_clause_has_one_current_wording"
            ),
            models.CheckConstraint(
                name="a_wording_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.anchor

    def get_absolute_url(self) -> str:
        return reverse("norms:clause_detail", args=[self.anchor])

    @property
    def text(self) -> str:
        return _pick(self, "text")

    @property
    def deadline(self) -> str:
        return _pick(self, "deadline")

    @property
    def sanction(self) -> str:
        return _pick(self, "sanction")

    @property
    def note(self) -> str:
        return _pick(self, "note")

    @property
    def who_names(self) -> list[str]:
        """The parties by name; a code the pack in force does not know stands for itself."""
        return [_party(self.instrument.pack, code) for code in self.who]

    @property
    def is_checked(self) -> bool:
        return Mark(self.mark).is_checked


def _party(pack: str, code: str) -> str:
    try:
        return str(packs.pack(pack).party(code).name)
    except (LookupError, packs.PackError):
        return code
