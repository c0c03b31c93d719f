"""What may be typed about incidents. Facts and report items come from the pack in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.packs import FactKind, FieldKind, Stage
from bastide.base.people.models import Organisation
from bastide.base.ui.doors import ActForm
from bastide.base.words.fields import NameField, TextField
from bastide.respond import criteria, flows, reads
from bastide.respond.access import Can
from bastide.respond.models import Incident, NetworkUnit, Submission

LINES = forms.Textarea(attrs={"rows": 3})
ZONES = (
    "UTC", "Asia/Hong_Kong", "Asia/Tokyo", "Asia/Singapore", "Asia/Dubai", "Europe/Moscow", "Europe/Berlin",
    "Europe/London", "America/New_York", "America/Los_Angeles",
)  # fmt: skip


def zones() -> list[tuple[str, str]]:
    """The zone of the pack first, then those from which reports commonly come."""
    home = packs.active().manifest.zone
    return [(home, home), *((zone, zone) for zone in ZONES if zone != home)]


class LocalMoment(TextField):
    """A date and time as a clock on the wall showed it; its zone is asked for beside it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"), **more)

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "")
        if not text:
            return None
        try:
            found = parse_datetime(text)
        except ValueError:
            found = None
        if found is None:
            raise forms.ValidationError(_("Write date and time like 2026-11-22 18:53."), code="invalid")
        return found


# ---- facts for the level


def fact_fields() -> dict[str, forms.Field]:
    """One optional field per fact of the pack."""
    fields: dict[str, forms.Field] = {}
    for kind in packs.active().facts:
        label, said = lazystr(kind.name), lazystr(kind.help) if kind.help else ""
        if kind.kind is FactKind.YES_NO:
            fields[kind.id] = forms.NullBooleanField(label=label, help_text=said, required=False)
        elif kind.kind is FactKind.CHOICE:
            choices = [("", _("Not known or does not apply")), *((c.id, lazystr(c.name)) for c in kind.choices)]
            fields[kind.id] = forms.ChoiceField(label=label, help_text=said, required=False, choices=choices)
        else:
            unit = said or (lazystr(kind.unit) if kind.unit else "")
            fields[kind.id] = forms.IntegerField(label=label, help_text=unit, required=False, min_value=0)
    return fields


def fact_sets() -> list[tuple[Any, list[str]]]:
    """Facts grouped by the first scale that asks for them, in the order of the pack; the rest at the end."""
    pack, taken, found = packs.active(), set[str](), []
    for scale in pack.scales:
        asked = {condition.fact for criterion in scale.criteria for condition in criterion.when}
        names = [kind.id for kind in pack.facts if kind.id in asked and kind.id not in taken]
        taken.update(names)
        found.append((lazystr(scale.name), names))
    return [*found, (_("Further circumstances"), [kind.id for kind in pack.facts if kind.id not in taken])]


class Extent(ActForm):
    """How far the incident reaches: what the criteria of the levels ask for. Empty means not known."""

    fieldsets = fact_sets()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        stated = {kind.id: given.pop(kind.id, None) for kind in packs.active().facts}
        given["facts"] = {name: value for name, value in stated.items() if value is not None and value != ""}
        return given


# The pack says which facts there are, so these fields cannot be written down as attributes.
Extent.declared_fields.update(fact_fields())  # type: ignore[attr-defined]


class Judge(Extent):
    intro = _(
        "State what is known; leave open what is not. All scales are judged at once, and the clocks of every report "
        "that follows run from the time of finding."
    )
    fieldsets = [*fact_sets(), (_("Remark"), ["note"])]
    note = TextField(label=_("Remark on the judgement"), required=False, max_length=1000, widget=LINES)


class Rejudge(Extent):
    intro = _("Change what is known better now. Duties are added or cancelled accordingly; the time of finding stays.")
    fieldsets = [*fact_sets(), (_("Reason"), ["reason"])]
    reason = TextField(label=_("Reason"), max_length=1000, widget=LINES)

    def prepare(self) -> None:
        if isinstance(self.thing, Incident) and not self.is_bound:
            self.initial = {**self.thing.facts, **self.initial}


# ---- intake


class _Intake(Extent):
    """What every new incident says of itself."""

    right: Can
    operator = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Operator"), to_field_name="code", required=False, empty_label=_("Choose…")
    )
    title = TextField(label=_("What happened, in one line"), max_length=200)
    nature = forms.ChoiceField(label=_("Type of incident"), choices=Incident.Nature.choices)
    units = forms.ModelMultipleChoiceField(
        NetworkUnit.objects.none(), label=_("Network units concerned"), to_field_name="number", required=False,
        help_text=_("Whether critical infrastructure is concerned follows from the units."),
    )  # fmt: skip
    found_at = LocalMoment(
        label=_("Found or learned at"),
        help_text=_(
            "The first moment anybody at the operator knew, also through a supplier. Every legal time runs from here."
        ),
    )
    found_zone = forms.ChoiceField(label=_("Time zone of that moment"), choices=zones, required=False)
    source = forms.ChoiceField(label=_("How it was learned"))
    occurred_at = LocalMoment(label=_("Happened at"), required=False, help_text=_("If known; same time zone."))
    place = TextField(label=_("Place of the incident"), max_length=200, required=False)
    description = TextField(
        label=_("What is known"), required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def prepare(self) -> None:
        pack = packs.active()
        operators = reads.operators_to_report_for(self.by, self.right)
        self.fields["source"].choices = [(kind.id, str(kind.name)) for kind in pack.source_kinds]  # type: ignore[attr-defined]
        self.fields["operator"].queryset = operators  # type: ignore[attr-defined]
        self.fields["units"].queryset = reads.units_to_choose(self.by, operators)  # type: ignore[attr-defined]
        self.fields["units"].label_from_instance = self._unit_label  # type: ignore[attr-defined]
        self.initial.setdefault("found_zone", pack.manifest.zone)
        self.only = None
        if operators.count() == 1:
            self.only = operators.get()
            self.fields["operator"].widget = forms.HiddenInput()
            self.initial["operator"] = self.only.code
        self.fieldsets = [(legend, [name for name in names if not (self.only and name == "operator")])
                          for legend, names in self.fieldsets]  # fmt: skip

    def _unit_label(self, unit: NetworkUnit) -> str:
        return f"{unit.name} · {unit.number}" if self.only else f"{unit.operator.name} · {unit.name} · {unit.number}"

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        given["operator"] = given.get("operator") or self.only
        if given["operator"] is None and "operator" not in self.errors:
            self.add_error("operator", _("Choose the operator."))
        given["found_zone"] = given.get("found_zone") or packs.active().manifest.zone
        for name in ("found_at", "occurred_at"):
            given[name] = self._in_zone(given.get(name), given["found_zone"])
        return given

    @property
    def known_at_once(self) -> int:
        """How many groups of fields stand open above those about the extent."""
        return len(self.fieldsets) - len(fact_sets())

    @property
    def says_extent(self) -> bool:
        """Was anything about the extent typed already? Then the group is shown open again."""
        return any(self[kind.id].value() not in (None, "", "unknown") for kind in packs.active().facts)

    @staticmethod
    def _in_zone(moment: datetime | None, zone: str) -> datetime | None:
        return moment.replace(tzinfo=ZoneInfo(zone)) if moment and moment.tzinfo is None else moment


FIRST_LINES = ["operator", "title", "nature", "units"]
WHEN_LINES = ["found_at", "found_zone", "source", "occurred_at", "place"]


class Report(_Intake):
    """The operator's form."""

    intro = _(
        "Say what you know now; nothing else is needed to begin. If you can already say how far it reaches, fill in "
        "the lower part: the level is judged at once and the reports that are due are listed with their clocks."
    )
    right = Can.REPORT
    fieldsets = [
        (_("The incident"), [*FIRST_LINES, "description"]), (_("When and where"), WHEN_LINES), *fact_sets(),
    ]  # fmt: skip


class TakeCall(_Intake):
    """What the duty officer writes down while somebody speaks."""

    intro = _("Write down what the caller says. The operator is told at once and carries on from here.")
    right = Can.TAKE_CALL
    informant = NameField(label=_("Who calls"), max_length=120)
    informant_phone = TextField(label=_("Telephone of the caller"), max_length=40, required=False)
    fieldsets = [
        (_("The caller"), ["informant", "informant_phone"]), (_("The incident"), [*FIRST_LINES, "description"]),
        (_("When and where"), WHEN_LINES), *fact_sets(),
    ]  # fmt: skip


# ---- reports


class Sending(ActForm):
    """How a report goes out: through this platform, or told elsewhere and recorded here."""

    channel = forms.ChoiceField(
        label=_("Channel"), choices=Submission.Channel.choices, required=False, initial="platform"
    )
    call_at = forms.DateTimeField(label=_("Time of the call"), required=False)
    call_with = NameField(label=_("Who was reached"), max_length=120, required=False)
    call_phone = TextField(label=_("Number called"), max_length=40, required=False)
    stages: tuple[Stage, ...] = ()

    def prepare(self) -> None:
        for name in ("call_at", "call_with", "call_phone"):
            self.fields[name].widget.attrs["data-shown-when"] = "channel=phone"
        if self.stages and isinstance(self.thing, Incident):
            lines = flows.open_lines(self.thing, *self.stages)
            self.fields["serves"] = forms.MultipleChoiceField(
                label=_("This report is for"), required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(line.duty, f"{line.name} → {', '.join(str(to) for to in line.to)}") for line in lines],
                initial=[line.duty for line in lines],
            )  # fmt: skip
            if not lines:
                del self.fields["serves"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["channel"] = given.get("channel") or Submission.Channel.PLATFORM
        # A page sends no ticks as nothing at all; a program that says nothing means every line.
        is_page = hasattr(self.data, "getlist")
        if self.stages:
            given["serves"] = given.get("serves", []) if is_page or "serves" in self.data else None
        return given


class _Serving(Sending):
    """A report that is meant for certain duties."""

    serves = forms.MultipleChoiceField(
        label=_("This report is for"), required=False, help_text=_("Ids of the duties; all that are open if left out.")
    )


def item_fields() -> dict[str, forms.Field]:
    """One field per item of the report, as the pack lists them; items of the incident itself are not typed again."""
    fields: dict[str, forms.Field] = {}
    for item in packs.active().report_fields:
        if item.id in criteria.FROM_THE_INCIDENT:
            continue
        more: dict[str, Any] = {
            "label": lazystr(item.name), "help_text": lazystr(item.help) if item.help else "",
            "required": item.must_first and not item.only_if,
        }  # fmt: skip
        if item.kind is FieldKind.MOMENT:
            fields[item.id] = forms.DateTimeField(**more)
        elif item.kind is FieldKind.NUMBER:
            fields[item.id] = forms.IntegerField(min_value=0, **more)
        elif item.kind is FieldKind.SHORT:
            fields[item.id] = TextField(max_length=300, **more)
        else:
            fields[item.id] = TextField(max_length=8000, widget=LINES, **more)
    return fields


def item_names() -> list[str]:
    return [item.id for item in packs.active().report_fields if item.id not in criteria.FROM_THE_INCIDENT]


class FileReport(_Serving):
    """The first report. Items 1 and 2 are needed; the others may follow."""

    intro = _(
        "What is marked optional may follow in a supplement: send this as soon as the rest is filled in. One report "
        "serves every addressee ticked below and stops their clocks together."
    )
    stages: tuple[Stage, ...] = (Stage.FIRST,)
    fieldsets = [
        (_("At once"), [i.id for i in packs.active().report_fields if i.must_first and i.id in item_fields()]),
        (_("May follow"), [i.id for i in packs.active().report_fields if not i.must_first and i.id in item_fields()]),
        (_("Sending"), ["serves", "channel", "call_at", "call_with", "call_phone"]),
    ]

    def prepare(self) -> None:
        super().prepare()
        if not isinstance(self.thing, Incident):
            return
        for item in packs.active().report_fields:
            if item.only_if and item.id in self.fields:
                if self.thing.facts.get(item.only_if):
                    self.fields[item.id].required = item.must_first
                else:
                    del self.fields[item.id]
        if not self.is_bound:
            self.initial = {**self._known(self.thing), **self.initial}

    def _known(self, incident: Incident) -> dict[str, Any]:
        """What the incident already says."""
        units = list(incident.units.all())
        return {
            "unit": str(incident.operator), "place": incident.place, "occurred_at": incident.occurred_at,
            "facility": "\n".join(f"{unit.name}（{unit.number}）" for unit in units) or incident.title,
            "impact": incident.description,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        given["content"] = {name: given.pop(name) for name in item_names() if name in given}
        return given


FileReport.declared_fields.update(item_fields())  # type: ignore[attr-defined]


class Supplement(FileReport):
    """A further version of the first report, filled in with what was said before."""

    intro = _("Add what was missing and correct what is known better; every version is kept, with what changed.")
    stages: tuple[Stage, ...] = (Stage.FIRST, Stage.SECOND)

    def _known(self, incident: Incident) -> dict[str, Any]:
        return {name: _typed(value) for name, value in self._before(incident).items()}

    @staticmethod
    def _before(incident: Incident) -> dict[str, Any]:
        last = reads.last_version(incident)
        return dict(last.content) if last else {}

    def prepare(self) -> None:
        super().prepare()
        if (
            hasattr(self.data, "getlist") or not self.is_bound
        ):  # a page shows the whole report, a program sends what is new
            for item in packs.active().report_fields:
                if item.id in self.fields:
                    self.fields[item.id].required = item.must_first

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if isinstance(self.thing, Incident):
            said = {name: value for name, value in given["content"].items() if name in self.data}
            given["content"] = {**self._before(self.thing), **said}
        return given


for _name, _field in item_fields().items():
    _field.required = False
    Supplement.declared_fields[_name] = _field  # type: ignore[attr-defined]


def _typed(value: Any) -> Any:
    """A kept value as a form shows it: times come back as times."""
    moment = parse_datetime(value) if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" else None
    return moment or value


class Progress(Sending):
    """What is new since the last report."""

    progress = TextField(label=_("New facts or progress"), max_length=8000, widget=LINES)
    impact = TextField(label=_("Impact and harm now"), max_length=8000, required=False, widget=LINES)
    measures = TextField(label=_("Measures taken and their effect"), max_length=8000, required=False, widget=LINES)
    next_measures = TextField(label=_("Next measures"), max_length=8000, required=False, widget=LINES)
    support = TextField(label=_("Support requested"), max_length=8000, required=False, widget=LINES)
    fieldsets = [
        (_("News"), ["progress", "impact", "measures", "next_measures", "support"]),
        (_("Sending"), ["channel", "call_at", "call_with", "call_phone"]),
    ]


class Forward(_Serving):
    """The authority passes it on."""

    intro = _("The impact and the measures are taken from the operator's latest report.")
    stages = (Stage.ONWARD,)
    summary = TextField(label=_("Summary of the incident"), max_length=8000, widget=LINES)
    opinion = TextField(label=_("Opinion of the authority"), max_length=8000, required=False, widget=LINES)
    fieldsets = [
        (_("Content of the report"), ["summary", "opinion"]),
        (_("Sending"), ["serves", "channel", "call_at", "call_with", "call_phone"]),
    ]  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        if isinstance(self.thing, Incident):
            self.initial.setdefault("summary", self.thing.description or self.thing.title)


class Fulfil(ActForm):
    """A duty that was fulfilled outside this platform."""

    duty = forms.ChoiceField(label=_("Duty"))
    how = TextField(
        label=_("How it was fulfilled"), max_length=2000, widget=LINES, help_text=_("Receipt number, office, person.")
    )
    done_at = forms.DateTimeField(label=_("Done at"), required=False, help_text=_("Now, if left open."))

    def prepare(self) -> None:
        if isinstance(self.thing, Incident):
            lines = flows.open_lines(self.thing, Stage.OTHER)
            self.fields["duty"].choices = [(line.duty, str(line.name)) for line in lines]  # type: ignore[attr-defined]


class Summary(ActForm):
    """The six items of the summary report."""

    intro = _("One summary meets every limit; the earlier one binds.")
    cause = TextField(label=_("Cause"), max_length=8000, widget=LINES)
    measures = TextField(label=_("Measures"), max_length=8000, widget=LINES)
    harm = TextField(label=_("Harm"), max_length=8000, widget=LINES)
    accountability = TextField(label=_("Accountability"), max_length=8000, widget=LINES)
    improvement = TextField(label=_("Improvement"), max_length=8000, widget=LINES)
    lessons = TextField(label=_("Lessons"), max_length=8000, widget=LINES)


class ReportUpward(ActForm):
    course = TextField(label=_("Course of handling"), max_length=8000, widget=LINES)
    assessment = TextField(label=_("Assessment"), max_length=8000, widget=LINES)
    proposals = TextField(label=_("Proposals"), max_length=8000, widget=LINES)


# ---- the authority's decisions


class Reason(ActForm):
    reason = TextField(label=_("Reason"), max_length=1000, widget=LINES)


class Levels(ActForm):
    """The level of every scale. What differs from the judged level needs a reason."""

    reason = TextField(label=_("Reason"), max_length=1000, required=False, widget=LINES,
                             help_text=_("Needed where a level differs from the judged one."))  # fmt: skip

    def prepare(self) -> None:
        if not isinstance(self.thing, Incident):
            return
        for view in self.thing.levels:
            if view.level is not None:
                self.initial.setdefault(view.scale.id, view.level.id)
            if view.reason is not None and view.judged is not None:
                self.fields[view.scale.id].help_text = f"{view.judged.name}: {view.reason}"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        levels = {scale.id: given.pop(scale.id, "") or "" for scale in packs.active().scales}
        given["levels"] = {scale: level for scale, level in levels.items() if scale in self.data}
        return given


def level_fields() -> dict[str, forms.Field]:
    """One choice per scale of the pack."""
    return {
        scale.id: forms.ChoiceField(
            label=lazystr(scale.name), required=False,
            choices=[("", _("No threshold reached")),
                     *((level.id, lazystr(_Named(level))) for level in scale.gravest_first)],
        )
        for scale in packs.active().scales
    }  # fmt: skip


class _Named:
    """A level with its code, in the reader's language."""

    def __init__(self, level: packs.Level) -> None:
        self.level = level

    def __str__(self) -> str:
        return f"{self.level.code} {self.level.name}".strip()


Levels.declared_fields.update(level_fields())  # type: ignore[attr-defined]
Levels.declared_fields["reason"] = Levels.declared_fields.pop("reason")  # type: ignore[attr-defined]


class ChangeLevels(Levels):
    intro = _("Whom the change concerns is told; duties are added or cancelled with this reason.")


class StartResponse(ActForm):
    level = forms.ChoiceField(label=_("Level of response"))
    order = TextField(
        label=_("Order to start"), max_length=4000, widget=LINES, help_text=_("Who does what; kept in the trail.")
    )

    def prepare(self) -> None:
        _offer_levels(self)


class AdjustResponse(ActForm):
    level = forms.ChoiceField(label=_("Level of response"))
    reason = TextField(label=_("Reason"), max_length=1000, widget=LINES)

    def prepare(self) -> None:
        _offer_levels(self)


def _offer_levels(form: ActForm) -> None:
    """The levels of response; the one that answers to the incident's level is proposed."""
    scale = criteria.response_scale(packs.active())
    form.fields["level"].choices = [(level.id, str(_Named(level))) for level in scale.gravest_first]  # type: ignore[attr-defined]
    if isinstance(form.thing, Incident):
        rank = form.thing.response_rank or form.thing.rank
        form.initial.setdefault("level", next((level.id for level in scale.levels if level.rank == rank), ""))


class Contain(ActForm):
    note = TextField(label=_("How the harm was contained"), max_length=2000, widget=LINES)


class End(ActForm):
    conclusion = TextField(label=_("How it ended"), max_length=4000, widget=LINES)
    ended_at = forms.DateTimeField(label=_("Handling ended at"), required=False, help_text=_("Now, if left open."))


class Close(ActForm):
    lessons = TextField(label=_("Lessons and what follows from them"), max_length=4000, widget=LINES)
