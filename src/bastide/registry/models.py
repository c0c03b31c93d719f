"""What the register keeps: network units, their hosts, dependencies, and imports with their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.flow.models import Thing
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Organisation

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class NetworkUnit(Thing):
    """A network unit of an operator: the object that is graded, filed, inspected and, if so identified, CII."""

    SERIES = "NU"
    SCOPE = Scope(organisations=("operator",), areas=("area",))
    TONES = {"registered": "neutral", "graded": "ok", "withdrawn": "muted"}

    class State(models.TextChoices):
        REGISTERED = "registered", _("Registered")  # entered, not graded yet
        GRADED = "graded", _("Graded")  # has a grade
        WITHDRAWN = "withdrawn", _("Out of service")  # out of service; kept for the record

    class Lifecycle(models.TextChoices):
        DEBUG = "debug", _("Being set up")
        ONLINE = "online", _("Online")
        TRIAL = "trial", _("Trial operation")
        FORMAL = "formal", _("In formal operation")
        RETIRED = "retired", _("Retired")

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="units", verbose_name=_("operator"))
    # The operator's own name for it; what imports recognise a unit by.
    code = models.CharField(_("code"), max_length=80)
    name_zh = models.CharField(_("Chinese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.REGISTERED)
    network_type = models.CharField(_("network type"), max_length=40, blank=True)
    area = models.CharField(_("province"), max_length=12, blank=True)
    # One of the ordered codes of the pack; never a number: "3.1" and "3.2" are two grades.
    grade = models.CharField(_("grade"), max_length=12, blank=True)
    graded_at = models.DateTimeField(_("graded at"), null=True)
    is_cii = models.BooleanField(_("critical information infrastructure"), default=False)
    cii_reason = models.TextField(_("reason of the CII mark"), blank=True)
    cii_since = models.DateTimeField(_("CII since"), null=True)
    lifecycle = models.CharField(_("lifecycle"), max_length=12, choices=Lifecycle.choices, default=Lifecycle.FORMAL)
    description = models.TextField(_("description"), blank=True)
    host_names = models.JSONField(_("hosts"), default=list, blank=True)
    department = models.CharField(_("responsible department"), max_length=200, blank=True)
    head_name = models.CharField(_("person in charge"), max_length=120, blank=True)
    head_phone = models.CharField(_("telephone of the person in charge"), max_length=60, blank=True)
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    contact_phone = models.CharField(_("telephone of the contact"), max_length=60, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    withdrawn_reason = models.TextField(_("reason for taking it out of service"), blank=True)

    class Meta:
        verbose_name = _("network unit")
        verbose_name_plural = _("network units")
        ordering = ["-pk"]
        # Each filter of the list together with its usual order; and units by operator and grade, for counting.
        indexes = [
            models.Index(fields=["area", "number"], name="units_of_a_province"),
            models.Index(fields=["grade", "number"], name="units_by_grade"),
            models.Index(fields=["network_type", "number"], name="units_by_type"),
            models.Index(fields=["operator", "state", "grade"], name="units_of_an_operator"),
            models.Index(fields=["operator"], condition=Q(is_cii=True), name="units_that_are_cii"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="an_operator_uses_a_unit_code_once"),
            models.CheckConstraint(name="a_graded_unit_has_a_grade", condition=~Q(state="graded") | ~Q(grade="")),
            models.CheckConstraint(
                name="a_registered_unit_has_no_grade", condition=~Q(state="registered") | Q(grade="")
            ),
            models.CheckConstraint(
                name="a_cii_unit_has_a_reason_and_a_day",
                condition=Q(is_cii=False) | (~Q(cii_reason="") & Q(cii_since__isnull=False)),
            ),
            models.CheckConstraint(
                name="a_withdrawn_unit_has_a_reason", condition=~Q(state="withdrawn") | ~Q(withdrawn_reason="")
            ),
        ]

    if TYPE_CHECKING:
        hosts: RelatedManager[UnitHost]
        needs: RelatedManager[Dependency]
        needed_by: RelatedManager[Dependency]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def name(self) -> str:
        """The name in the active language."""
        if (get_language() or "zh").startswith("zh") or not self.name_en:
            return self.name_zh
        return self.name_en

    @property
    def cii_is_hidden(self) -> bool:
        """Set by `reads` on rows whose CII mark the reader may not see (or has stated no purpose for)."""
        return bool(getattr(self, "hidden_cii", False))

    @property
    def shows_cii(self) -> bool:
        """Is it CII, as far as this reader may know?"""
        return self.is_cii and not self.cii_is_hidden

    @property
    def is_classified(self) -> bool:
        return self.shows_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        marked = rows.filter(is_cii=True)
        return marked.filter(hidden_cii=False) if "hidden_cii" in rows.query.annotations else marked

    @property
    def network_type_name(self) -> str:
        return _named(lambda: packs.active().network_type(self.network_type).name, self.network_type)

    @property
    def grade_name(self) -> str:
        return _named(lambda: packs.active().grade(self.grade).name, self.grade)

    @property
    def area_name(self) -> str:
        return _named(lambda: packs.active().area_name(self.area), self.area)

    def get_absolute_url(self) -> str:
        return reverse("registry:unit_detail", args=[self.number])


class UnitTally(models.Model):
    """How many units of an operator stand alike. Triggers of the database keep it in the transaction of each change
    (`tally.py`), so counting a million units reads a few rows for each operator."""

    SCOPE = Scope(organisations=("operator",), areas=("area",))

    operator = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    area = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=12)
    grade = models.CharField(max_length=12, blank=True)
    is_cii = models.BooleanField()
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "area", "state", "grade", "is_cii"], name="units_that_stand_alike_are_counted_once"
            ),
        ]
        indexes = [models.Index(fields=["area"], name="unit_tallies_of_a_province")]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.area} {self.state} {self.grade}: {self.n}"


def _named(ask: Any, code: str) -> str:
    """The pack's name of a code; the code itself if the pack in force does not know it."""
    if not code:
        return ""
    try:
        return str(ask())
    except LookupError:
        return code


class UnitHost(models.Model):
    """A host name, address or network that belongs to a unit: how an event finds its unit."""

    class Kind(models.TextChoices):
        NAME = "name", _("Name")
        ADDRESS = "address", _("IP address")
        NETWORK = "network", _("Network")

    unit = models.ForeignKey(NetworkUnit, models.CASCADE, related_name="hosts")
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(_("host"), max_length=260)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "value"], name="a_host_belongs_to_one_unit_of_an_operator"),
        ]
        indexes = [models.Index(fields=["value"], name="hosts_by_value")]

    def __str__(self) -> str:
        return self.value


class Dependency(models.Model):
    """One unit needs another (or, for a link, both are joined)."""

    SCOPE = Scope(organisations=("unit__operator",), areas=("unit__area",))

    class Kind(models.TextChoices):
        LINK = "link", _("Link")  # a line between the two; says nothing about who needs whom
        TRANSPORT = "transport", _("Transport")
        POWER = "power", _("Power supply")
        SIGNALLING = "signalling", _("Signalling")
        SERVICE = "service", _("Service")
        DATA = "data", _("Data")
        MANAGEMENT = "management", _("Management")

    unit = models.ForeignKey(NetworkUnit, models.CASCADE, related_name="needs", verbose_name=_("unit"))
    depends_on = models.ForeignKey(NetworkUnit, models.CASCADE, related_name="needed_by", verbose_name=_("depends on"))
    kind = models.CharField(_("kind of dependency"), max_length=12, choices=Kind.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dependency")
        verbose_name_plural = _("dependencies")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "depends_on", "kind"], name="a_dependency_is_stated_once"),
            models.CheckConstraint(name="a_unit_does_not_depend_on_itself", condition=~Q(unit=models.F("depends_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} → {self.depends_on_id} ({self.kind})"


class Import(Thing):
    """A file of operators, units, dependencies or a network map on its way into the register."""

    SERIES = "IMP"
    SCOPE = Scope(organisations=("owner",), areas=("owner__area",))
    TONES = {"checking": "wait", "checked": "info", "committing": "wait", "committed": "ok", "undone": "muted",
             "discarded": "muted", "unreadable": "bad", "uploaded": "neutral"}  # fmt: skip

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")  # received; the dry run waits for its turn
        UNREADABLE = "unreadable", _("Unreadable")  # the file as a whole cannot be read; `fault` says why
        CHECKED = "checked", _("Dry run done")  # dry run done: the report lies ready
        COMMITTING = "committing", _("Being committed")  # rows are being written
        COMMITTED = "committed", _("Committed")  # receipt lies ready
        UNDONE = "undone", _("Undone")  # what could be taken back was taken back
        DISCARDED = "discarded", _("Discarded")  # given up before commit

    class Subject(models.TextChoices):
        OPERATORS = "operators", _("Operators")
        UNITS = "units", _("Network units")
        DEPENDENCIES = "dependencies", _("Dependencies")
        MAP = "map", _("Network map")

    class Mode(models.TextChoices):
        STOP = "stop", _("Stop: write nothing if any row is wrong or exists already")
        SKIP = "skip", _("Skip: leave rows that exist already as they are")
        UPDATE = "update", _("Update: change rows that exist already")

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.UPLOADED)
    subject = models.CharField(_("subject"), max_length=16, choices=Subject.choices)
    mode = models.CharField(_("conflict mode"), max_length=8, choices=Mode.choices, blank=True)
    file_name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(max_length=64)
    content = models.ForeignKey("ImportContent", models.PROTECT, related_name="+")
    encoding = models.CharField(_("encoding"), max_length=40, blank=True)
    # What a map needs to be told: operator code, network type, province, prefix of codes, kind of dependency.
    options = models.JSONField(_("options"), default=dict)
    header = models.JSONField(default=list)
    # Why the file as a whole cannot be taken, and hints about it: [{field, text, args}].
    faults = models.JSONField(default=list)
    counts = models.JSONField(_("counts"), default=dict)
    checked_at = models.DateTimeField(_("checked at"), null=True)
    committed_at = models.DateTimeField(_("committed at"), null=True)
    committed_by = models.ForeignKey("people.Account", models.PROTECT, related_name="+", null=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_committed_import_has_a_mode",
                condition=~Q(state__in=["committing", "committed", "undone"]) | ~Q(mode=""),
            ),
            models.CheckConstraint(
                name="a_committed_import_has_a_time",
                condition=~Q(state__in=["committed", "undone"]) | Q(committed_at__isnull=False),
            ),
        ]

    if TYPE_CHECKING:
        rows: RelatedManager[ImportRow]

    def __str__(self) -> str:
        return f"{self.number} {self.file_name}"

    def values(self) -> dict[str, Any]:
        """The trail does not repeat the report."""
        left_out = {"faults", "header", "content_id"}
        return {key: value for key, value in super().values().items() if key not in left_out}

    def get_absolute_url(self) -> str:
        return reverse("registry:import_detail", args=[self.number])


class ImportContent(models.Model):
    """The bytes of an uploaded file, as they came."""

    SCOPE = Scope(organisations=(), areas=())

    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class ImportRow(models.Model):
    """One row of an import: what it says, what the dry run found, and what became of it."""

    class Verdict(models.TextChoices):
        NEW = "new", _("New entry")
        CHANGE = "change", _("Exists, would change")
        SAME = "same", _("Exists, the same")
        BAD = "bad", _("Wrong")

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        SKIPPED = "skipped", _("Skipped")
        UNCHANGED = "unchanged", _("Left as it was")
        QUARANTINED = "quarantined", _("Quarantined")
        UNDONE = "undone", _("Undone")

    class Noun(models.TextChoices):
        OPERATOR = "operator", _("Operator")
        UNIT = "unit", _("Network unit")
        DEPENDENCY = "dependency", _("Dependency")

    source = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()  # order within the import
    line = models.PositiveIntegerField(_("row"))  # where it stands in the file
    noun = models.CharField(max_length=10, choices=Noun.choices)
    cells = models.JSONField(default=dict)  # as read: column → text
    verdict = models.CharField(_("finding"), max_length=8, choices=Verdict.choices)
    problems = models.JSONField(default=list)  # [{field, text, args}]
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    thing_id = models.BigIntegerField(null=True)
    was = models.JSONField(default=dict)  # values before an update
    wrote = models.JSONField(default=dict)  # what undo compares with: version, or the values written
    stuck = models.JSONField(default=list)  # why this row could not be undone

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["source", "position"], name="a_row_of_an_import_has_its_place"),
            models.CheckConstraint(name="a_wrong_row_has_a_problem", condition=~Q(verdict="bad") | ~Q(problems=[])),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.line}"
