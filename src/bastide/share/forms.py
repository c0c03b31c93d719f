"""What may be typed about warnings and deliveries. Colours, provinces and network types come from the pack."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.base.ui.doors import ActForm
from bastide.base.vault.forms import EvidenceField
from bastide.base.words.fields import NameField, TextField
from bastide.registry import reads as registry
from bastide.share import reads
from bastide.share.access import Can
from bastide.share.criteria import Targets
from bastide.share.flows.proposing import TEXT
from bastide.share.models import EarlyWarning

# No colour stands there by itself: a warning is never red by oversight.
UNCHOSEN = ("", _("Choose…"))
TICKS = forms.CheckboxSelectMultiple
LINES = forms.Textarea(attrs={"rows": 3})
TARGETS = ("everybody", "areas", "network_types", "operators", "units", "dependants")


def area_choices() -> list[tuple[str, str]]:
    return [(area.code, str(area.name)) for area in packs.active().areas]


def network_type_choices() -> list[tuple[str, Any]]:
    """Network types under their groups."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in packs.active().network_types:
        groups.setdefault(str(kind.group), []).append((kind.id, str(kind.name)))
    return list(groups.items())


def areas_of(by: Account) -> list[tuple[str, str]]:
    """A provincial office warns in its own province, the national authority in all."""
    ours = [one for one in by.organisations_with(Can.PROPOSE) if one.is_authority]
    if any(one.is_national for one in ours):
        return area_choices()
    own = {one.area for one in ours}
    return [(code, name) for code, name in area_choices() if code in own]


class Content(ActForm):
    """The text of a warning and whom it is for."""

    title = TextField(label=_("Title"), max_length=200, help_text=_("Do not name the operator that was hit."))
    colour = forms.ChoiceField(label=_("Colour"), choices=lambda: [UNCHOSEN, *reads.colour_choices()])
    category = forms.ChoiceField(label=_("Category"), choices=[UNCHOSEN, *EarlyWarning.Category.choices])
    matters = TextField(label=_("What is warned of"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    reach = TextField(label=_("Range that may be affected"), max_length=2000, widget=LINES)
    harm = TextField(label=_("Possible harm"), max_length=2000, required=False, widget=LINES)
    measures = TextField(
        label=_("Measures to take"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One measure on each line."),
    )  # fmt: skip
    start_at = forms.DateTimeField(label=_("In force from"), required=False, help_text=_("Now if left empty."))
    review_on = forms.DateField(
        label=_("Review of lifting"), required=False,
        help_text=_("The day on which you look whether it can be lifted. Left empty: in the cycle of the regime."),
    )  # fmt: skip
    hotline = TextField(label=_("Hotline"), max_length=60, required=False)
    tlp = forms.ChoiceField(
        label=_("May be passed on"), choices=EarlyWarning.Tlp.choices, initial=EarlyWarning.Tlp.AMBER, required=False,
        help_text=_("Traffic Light Protocol: how far a recipient may pass it on."),
    )  # fmt: skip
    everybody = forms.BooleanField(label=_("Every operator in our area"), required=False)
    areas = forms.MultipleChoiceField(label=_("By province"), choices=area_choices, required=False, widget=TICKS)
    network_types = forms.MultipleChoiceField(
        label=_("By network type run"), choices=network_type_choices, required=False, widget=TICKS,
        help_text=_("With provinces chosen: only networks of these types in those provinces."),
    )  # fmt: skip
    operators: Any = forms.ModelMultipleChoiceField(
        None, label=_("By name"), to_field_name="code", required=False, widget=TICKS
    )
    units: Any = forms.ModelMultipleChoiceField(
        None, label=_("By network unit"), to_field_name="number", required=False, widget=TICKS
    )
    dependants = forms.BooleanField(
        label=_("And everyone whose networks depend on these units"), required=False, initial=True
    )
    fieldsets = [
        (_("The warning"), ["title", "colour", "category", "matters", "reach", "harm", "measures"]),
        (_("Times and terms"), ["start_at", "review_on", "hotline", "tlp"]),
        (_("Recipients"), list(TARGETS)),
    ]

    def prepare(self) -> None:
        self.fields["areas"].choices = areas_of(self.by)  # type: ignore[attr-defined]
        operators = registry.operators(self.by).filter(is_active=True).order_by("code")
        self.fields["operators"].queryset = operators  # type: ignore[attr-defined]
        units = registry.units(self.by, with_cii=False).exclude(state="withdrawn")
        self.fields["units"].queryset = units.order_by("operator__code", "code")  # type: ignore[attr-defined]
        self.fields["units"].label_from_instance = _unit_label  # type: ignore[attr-defined]
        if isinstance(self.thing, EarlyWarning) and not self.is_bound:
            self.initial = {**{name: getattr(self.thing, name) for name in TEXT}, **self.thing.targets}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = {name: given.pop(name, None) for name in TARGETS}
        given["targets"] = Targets(
            everybody=bool(chosen["everybody"]), areas=tuple(chosen["areas"] or ()),
            network_types=tuple(chosen["network_types"] or ()), dependants=bool(chosen["dependants"]),
            operators=tuple(one.code for one in chosen["operators"] or ()),
            units=tuple(one.number for one in chosen["units"] or ()),
        )  # fmt: skip
        given["tlp"] = given.get("tlp") or (
            self.thing.tlp if isinstance(self.thing, EarlyWarning) else EarlyWarning.Tlp.AMBER
        )
        return given


def _unit_label(unit: Any) -> str:
    return f"{unit.operator.name} · {unit.name} · {unit.number}"


class Propose(Content):
    """A new warning; `?incident=INC-…` fills in what the incident tells, but not who was hit."""

    intro = _(
        "Nobody is told before the warning is approved and published. The colour decides who approves it: the national "
        "authority or the provincial office."
    )
    incident = TextField(
        label=_("Incident it came from"), max_length=40, required=False, help_text=_("Recipients never learn it.")
    )
    fieldsets = [
        (_("The warning"), ["title", "colour", "category", "matters", "reach", "harm", "measures", "incident"]),
        *Content.fieldsets[1:],
    ]

    def prepare(self) -> None:
        super().prepare()
        if self.is_bound:
            return
        number = str(self.initial.get("incident") or "")
        if number:
            self.initial = {**reads.prefilled(self.by, number), **self.initial}


class Amend(Content):
    """The proposal as it stands, to be rewritten."""


class Decide(ActForm):
    """Shows what is decided on: the text, and who would be told."""

    @property
    def concerned(self) -> list[reads.Concerned]:
        assert isinstance(self.thing, EarlyWarning)
        return reads.concerned(self.by, Targets.of(self.thing.targets))


class Approve(Decide):
    intro = _("You approve colour, text and recipients. Nothing is sent yet.")


class Publish(Decide):
    intro = _(
        "Everyone listed gets the warning at once, and their clocks start. It cannot be called back, only lifted."
    )


class Change(Content):
    """The warning as it stands; whoever got it gets it again."""

    intro = _(
        "Every recipient gets the changed warning and acknowledges it anew. Recipients you add are told for the first "
        "time; nobody can be taken out."
    )
    reason = TextField(label=_("Reason of the change"), max_length=2000, widget=LINES)
    fieldsets = [(_("The change"), ["reason"]), *Content.fieldsets]


class Reason(ActForm):
    reason = TextField(label=_("Reason"), max_length=2000, widget=LINES)


class Review(Reason):
    intro = _("The risk is still there: say why, and when you look again.")
    review_on = forms.DateField(
        label=_("Next review"), required=False, help_text=_("Left empty: in the cycle of the regime.")
    )


class Lift(Reason):
    intro = _("A warning is lifted as soon as the risk is gone. What is still owed under it ends; everyone is told.")
    follow_up = TextField(
        label=_("What remains to be done"), max_length=2000, required=False, widget=LINES,
        help_text=_("Printed in the letter."),
    )  # fmt: skip


class Acknowledge(ActForm):
    intro = _("You confirm that your organisation received the warning and acts on it.")
    contact = TextField(label=_("Person on duty"), max_length=120, required=False)
    contact_phone = TextField(label=_("Telephone of the person on duty"), max_length=40, required=False)

    def prepare(self) -> None:
        self.initial.setdefault("contact", self.by.name)
        self.initial.setdefault("contact_phone", self.by.phone)


class ReportAction(ActForm):
    affected = forms.IntegerField(label=_("Assets affected"), min_value=0)
    fixed = forms.IntegerField(label=_("Assets fixed"), min_value=0)
    remark = TextField(label=_("What was done"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    evidence = EvidenceField(required=False)

    def prepare(self) -> None:
        for name in ("affected", "fixed", "remark"):
            self.initial.setdefault(name, getattr(self.thing, name))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        affected, fixed = given.get("affected"), given.get("fixed")
        if affected is not None and fixed is not None and fixed > affected:
            self.add_error("fixed", _("More assets fixed than affected: correct one of the numbers."))
        return given


class LogCall(ActForm):
    intro = _("A call does not replace the acknowledgement: the operator still acknowledges here.")
    number_called = TextField(label=_("Number called"), max_length=40)
    called_at = forms.DateTimeField(label=_("Time of the call"), required=False, help_text=_("Now if left empty."))
    reached = forms.BooleanField(label=_("Somebody was reached"), required=False)
    spoken_with = NameField(label=_("Spoken with"), max_length=120, required=False)
    note = TextField(label=_("What was said"), max_length=2000, required=False, widget=LINES)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("reached") and not given.get("spoken_with"):
            self.add_error("spoken_with", _("Say who was reached."))
        return given
