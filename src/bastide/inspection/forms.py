"""What may be typed in the acts of an inspection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people import roles
from bastide.base.people.models import Account, Organisation
from bastide.base.ui.doors import ActForm
from bastide.base.ui.fields import ClauseField, RowsField, Subject
from bastide.base.vault.forms import EvidenceField
from bastide.base.words.fields import TextField
from bastide.inspection import reads
from bastide.inspection.access import Can
from bastide.inspection.models import Observation, TeamMember, Visit
from bastide.registry import reads as registry

LONG = forms.Textarea(attrs={"rows": 4})
SHORT = forms.Textarea(attrs={"rows": 2})
CHECKS = forms.CheckboxSelectMultiple


class PlanForm(ActForm):
    """What an inspection is planned with: item, object, method, time, team."""

    item = forms.ChoiceField(label=_("Inspection item"), help_text=_("Only published items with a legal basis."))
    inspection_class = forms.ChoiceField(label=_("Class of inspection"))
    checklist = forms.ChoiceField(label=_("Checklist"))
    units: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        None, label=_("Network units"), to_field_name="number", required=False, widget=CHECKS,
        help_text=_("None chosen: the operator as a whole."),
    )  # fmt: skip
    method = forms.ChoiceField(label=_("Method"), choices=Visit.Method.choices, widget=forms.RadioSelect)
    reason = TextField(label=_("Reason"), widget=SHORT)
    starts_at = forms.DateTimeField(label=_("Begins"))
    ends_at = forms.DateTimeField(label=_("Ends"))
    place = TextField(label=_("Place of the inspection"), max_length=200, required=False)
    team_leader: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        None, label=_("Team leader"), to_field_name="username"
    )
    officers: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        None, label=_("Officers"), to_field_name="username", widget=CHECKS,
        help_text=_("Inspectors of the authority, besides the team leader."), required=False,
    )  # fmt: skip
    assistants: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        None, label=_("Assistants"), to_field_name="username", required=False, widget=CHECKS,
        help_text=_("Support and assessment bodies assist, they do not inspect. They see it for its time."),
    )  # fmt: skip

    fieldsets = [
        (_("What"), ["item", "inspection_class", "checklist", "reason"]),
        (_("Where and how"), ["units", "method", "place", "starts_at", "ends_at"]),
        (_("Team"), ["team_leader", "officers", "assistants"]),
    ]

    def whose(self) -> Organisation | None:
        """The operator to be inspected, once it is known."""
        return self.thing.operator if isinstance(self.thing, Visit) else None

    def prepare(self) -> None:
        pack, operator = packs.active(), self.whose()
        self.fields["item"].choices = [(i.id, f"{i.name} – {i.clause}") for i in pack.inspection_items]  # type: ignore[attr-defined]
        self.fields["inspection_class"].choices = [(c.id, f"{c.name} – {c.meaning}") for c in pack.inspection_classes]  # type: ignore[attr-defined]
        self.fields["checklist"].choices = [(c.id, f"{c.name} ({len(c.items)})") for c in pack.checklists]  # type: ignore[attr-defined]
        general = next((c.id for c in pack.checklists if not c.network_types), None)
        self.initial.setdefault("checklist", general)
        units = registry.units(self.by).exclude(state="withdrawn")
        self.fields["units"].queryset = units.filter(operator=operator) if operator else units  # type: ignore[attr-defined]
        inspectors, helpers = staff(self.by, operator), supporters()
        self.fields["team_leader"].queryset = self.fields["officers"].queryset = inspectors  # type: ignore[attr-defined]
        self.fields["assistants"].queryset = helpers  # type: ignore[attr-defined]
        if isinstance(self.thing, Visit) and not self.is_bound:
            self.initial.update(_planned(self.thing))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] < data["starts_at"]:
            self.add_error("ends_at", _("The end lies before the beginning."))
        return data


def _planned(visit: Visit) -> dict[str, Any]:
    team = list(visit.team.select_related("account"))
    part = TeamMember.Part
    return {
        "item": visit.item, "inspection_class": visit.inspection_class, "checklist": visit.checklist,
        "method": visit.method,
        "reason": visit.reason, "starts_at": visit.starts_at, "ends_at": visit.ends_at, "place": visit.place,
        "units": [u.number for u in visit.units.all()],
        "team_leader": next((m.account.username for m in team if m.part == part.LEADER), None),
        "officers": [m.account.username for m in team if m.part == part.OFFICER],
        "assistants": [m.account.username for m in team if m.part == part.ASSISTANT],
    }  # fmt: skip


def staff(by: Account, operator: Organisation | None) -> QuerySet[Account]:
    """Who of this person's authority may inspect; for the national one also those of the operator's province."""
    ours = [o for o in by.organisations_with(Can.DRAFT) if o.is_authority]
    wide = any(o.is_national for o in ours) and operator is not None and operator.area
    near = (
        Organisation.objects.filter(kind=Organisation.Kind.PROVINCIAL, area=operator.area)
        if wide and operator
        else Organisation.objects.none()
    )
    return (
        Account.objects.filter(
            memberships__organisation__in=[*ours, *near], memberships__role__in=roles.roles_with(Can.INSPECT),
            memberships__until=None, is_active=True,
        )
        .distinct()
        .order_by("name")
    )  # fmt: skip


def supporters() -> QuerySet[Account]:
    """People of bodies that may assist."""
    return (
        Account.objects.filter(memberships__role__in=list(roles.BY_ASSIGNMENT), memberships__until=None, is_active=True)
        .distinct()
        .order_by("name")
    )


class Draft(PlanForm):
    """A new inspection; the operator is chosen first."""

    operator: forms.ModelChoiceField[Any] = forms.ModelChoiceField(None, label=_("Operator"), to_field_name="code")
    field_order = ["operator"]
    fieldsets = [(_("Whom"), ["operator"]), *PlanForm.fieldsets]

    def whose(self) -> Organisation | None:
        code = self.data.get("operator") if self.is_bound else self.initial.get("operator")
        return registry.operators_where(self.by, Can.DRAFT).filter(code=code).first() if code else None

    def prepare(self) -> None:
        self.fields["operator"].queryset = registry.operators_where(self.by, Can.DRAFT)  # type: ignore[attr-defined]
        super().prepare()


class Change(PlanForm):
    """The same, while nobody approved it."""


class Approve(ActForm):
    note = TextField(label=_("Note"), required=False, widget=SHORT)


class Notify(ActForm):
    contact = TextField(
        label=_("Contact named in the notice"), max_length=120, required=False, help_text=_("Your name if left empty.")
    )


class CertificateRow(forms.Form):
    certificate = TextField(label=_("Certificate number"), max_length=60, required=False)


class Open(ActForm):
    """Certificates are shown, recusal is asked about."""

    certificates = RowsField(CertificateRow, label=_("Certificates shown"), required=False)
    present = TextField(
        label=_("Persons present"), widget=SHORT, required=False, help_text=_("One a line: name, post.")
    )
    recusal = TextField(
        label=_("Recusal"),
        max_length=300,
        required=False,
        help_text=_("What was said when the right to it was explained."),
    )

    def prepare(self) -> None:
        if isinstance(self.thing, Visit):
            team = self.thing.team.exclude(part=TeamMember.Part.ASSISTANT).select_related("account")
            self.fields["certificates"].about(  # type: ignore[attr-defined]
                Subject(str(m.pk), str(m), initial={"certificate": m.certificate}) for m in team
            )


class Finish(ActForm):
    """The on-site record."""

    record_facts = TextField(label=_("Facts recorded"), widget=LONG)
    ended_at = forms.DateTimeField(label=_("Ended on site"), required=False, help_text=_("Now if left empty."))
    statement = TextField(label=_("Statement of the operator"), widget=SHORT, required=False)
    refusal = TextField(
        label=_("Refusal to sign"),
        widget=SHORT,
        required=False,
        help_text=_("Only if the operator would not sign: why."),
    )
    rest_not_assessed = forms.BooleanField(label=_("Questions without an answer were not assessed"), required=False)


class Send(ActForm):
    intro = _("Each finding becomes a sheet of its own, and the operator's time to confirm or object begins.")


class ConfirmAll(ActForm):
    statement = TextField(label=_("Remark"), widget=SHORT, required=False)


class ReplyRow(forms.Form):
    objects = forms.BooleanField(label=_("I object"), required=False)
    reason = TextField(label=_("Reason"), widget=SHORT, required=False)


class Object(ActForm):
    intro = _("Mark the findings you object to and give the reason. Those you do not mark are confirmed.")
    replies = RowsField(ReplyRow, label=_("Findings"))

    def prepare(self) -> None:
        _about(self, "replies", Observation.State.SENT)


class DecisionRow(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("uphold", _("The finding stands")), ("drop", _("The finding is dropped"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = TextField(label=_("Reason"), widget=SHORT)


class Decide(ActForm):
    decisions = RowsField(DecisionRow, label=_("Objections"))

    def prepare(self) -> None:
        _about(self, "decisions", Observation.State.OBJECTED)


def _about(form: ActForm, name: str, state: str) -> None:
    """One row for each finding of the visit in a state."""
    if not isinstance(form.thing, Visit):
        return
    found = [o for o in reads.observations_of(form.by, form.thing) if o.state == state]
    form.fields[name].about(  # type: ignore[attr-defined]
        Subject(o.number, f"{o.number} {o.title}", "\n".join(part for part in (o.text, o.objection) if part))
        for o in found
    )


class Silence(ActForm):
    note = TextField(
        label=_("Note"),
        widget=SHORT,
        help_text=_("How the findings were put before the operator; which two officers were there."),
    )


class Conclude(ActForm):
    result = TextField(label=_("Result of the inspection"), widget=LONG)


class Close(ActForm):
    note = TextField(label=_("Note"), required=False, widget=SHORT)


class Cancel(ActForm):
    reason = TextField(label=_("Reason"), widget=SHORT)


class ObservationForm(ActForm):
    """A finding in draft."""

    title = TextField(label=_("Title"), max_length=200)
    clause = ClauseField()
    severity = forms.ChoiceField(label=_("Severity"), widget=forms.RadioSelect)
    unit: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        None, label=_("Network unit"), to_field_name="number", required=False,
        empty_label=_("The operator as a whole"),
    )  # fmt: skip
    item = forms.ChoiceField(label=_("Question"), required=False)
    text = TextField(label=_("What was found"), widget=LONG)
    reproduce = TextField(
        label=_("How to see it again"), widget=LONG, help_text=_("Steps that lead another officer to the same finding.")
    )
    measure = TextField(label=_("What is required"), widget=SHORT, required=False)
    evidence = EvidenceField(required=False)

    def visit_of(self) -> Visit | None:
        return self.thing.visit if isinstance(self.thing, Observation) else None

    def prepare(self) -> None:
        visit = self.visit_of()
        pack = packs.pack(visit.pack) if visit else packs.active()
        self.fields["severity"].choices = [  # type: ignore[attr-defined]
            (s.id, f"{s.name} – {s.meaning}") for s in pack.severities
        ]
        self.fields["unit"].queryset = self._units(visit)  # type: ignore[attr-defined]
        asked = visit.inspection_checklist.items if visit else ()
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            ("", _("None")), *[(i.id, f"{i.id} {i.question}") for i in asked]
        ]  # fmt: skip
        self._fill()

    def _units(self, visit: Visit | None) -> QuerySet[Any]:
        """The units under inspection; every unit of the operator if none was named."""
        if visit is None:
            return registry.units(self.by).none()
        return visit.units.all() if visit.units.exists() else registry.units(self.by).filter(operator=visit.operator)

    def _fill(self) -> None:
        if isinstance(self.thing, Observation) and not self.is_bound:
            names = ("title", "clause", "severity", "item", "text", "reproduce", "measure")
            self.initial.update({name: getattr(self.thing, name) for name in names})
            self.initial["unit"] = self.thing.unit.number if self.thing.unit else None


class Observe(ObservationForm):
    """A new finding in draft of a visit in sight."""

    visit = forms.CharField(label=_("Inspection"), max_length=40, widget=forms.HiddenInput)

    def visit_of(self) -> Visit | None:
        number = self.data.get("visit") if self.is_bound else self.initial.get("visit")
        return reads.visits(self.by).filter(number=number).first() if number else None

    def prepare(self) -> None:
        super().prepare()
        visit, item = self.visit_of(), self.initial.get("item")
        if visit is None or self.is_bound or not item:
            return
        asked = next((i for i in visit.inspection_checklist.items if i.id == item), None)
        if asked is not None:
            note = visit.answers.filter(item=item).values_list("note", flat=True).first()
            first = str(asked.basis[0]) if asked.basis else ""
            self.initial.update(
                {"title": str(asked.question)[:200], "clause": first, "severity": asked.severity, "text": note}
            )

    def clean_visit(self) -> Visit:
        found = self.visit_of()
        if found is None:
            raise forms.ValidationError(_("There is no such inspection in your sight."))
        return found


class ChangeObservation(ObservationForm):
    """The same, until it is sent."""


class Withdraw(ActForm):
    reason = TextField(label=_("Reason"), widget=SHORT)


class AnswerForm(forms.Form):
    """The answer to one question, as the checklist page and a program send it."""

    result = forms.ChoiceField(label=_("Result"), required=False)
    note = TextField(label=_("Note"), required=False, widget=SHORT)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    evidence = EvidenceField(required=False)

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        from bastide.inspection.models import Answer

        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["result"].choices = Answer.Result.choices  # type: ignore[attr-defined]
