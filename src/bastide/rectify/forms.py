"""What may be typed in the acts on findings and orders."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import packs
from bastide.base.people.models import Organisation
from bastide.base.ui.doors import ActForm
from bastide.base.ui.fields import ClauseField, RowsField, Subject
from bastide.base.vault.forms import EvidenceField
from bastide.base.words.fields import NameField, TextField
from bastide.rectify import reads
from bastide.rectify.access import Can
from bastide.rectify.models import Finding, Order, OrderLine, Verification
from bastide.registry import reads as registry

LONG = forms.Textarea(attrs={"rows": 4})
SHORT = forms.Textarea(attrs={"rows": 2})


# ---- findings


class FindingForm(ActForm):
    """A finding, by hand."""

    title = TextField(label=_("Title"), max_length=200)
    clause = ClauseField()
    severity = forms.ChoiceField(label=_("Severity"), widget=forms.RadioSelect)
    unit: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        None, label=_("Network unit"), to_field_name="number", required=False, empty_label=_("The operator as a whole")
    )
    text = TextField(label=_("What was found"), widget=LONG)
    measure = TextField(label=_("What is required"), widget=SHORT, required=False)
    evidence = EvidenceField(required=False)

    def whose(self) -> Organisation | None:
        """The operator the finding is about, once it is known."""
        return self.thing.operator if isinstance(self.thing, Finding) else None

    def prepare(self) -> None:
        operator, units = self.whose(), registry.units(self.by)
        self.fields["severity"].choices = [  # type: ignore[attr-defined]
            (s.id, f"{s.name} – {s.meaning} ({packs.active().clock(s.clock).span})") for s in packs.active().severities
        ]
        self.fields["unit"].queryset = units.filter(operator=operator) if operator else units  # type: ignore[attr-defined]
        if isinstance(self.thing, Finding) and not self.is_bound:
            names = ("title", "clause", "severity", "text", "measure")
            self.initial.update({name: getattr(self.thing, name) for name in names})
            self.initial["unit"] = self.thing.unit.number if self.thing.unit else None


class Record(FindingForm):
    """A new finding; `?incident=INC-…` and `?operator=…` fill in where it comes from."""

    operator: forms.ModelChoiceField[Any] = forms.ModelChoiceField(None, label=_("Operator"), to_field_name="code")
    source_kind = forms.ChoiceField(label=_("Origin"), choices=Finding.Source.choices)
    source_number = TextField(label=_("Number of the origin"), max_length=40, required=False)
    found_at = forms.DateTimeField(label=_("Found on"), required=False, help_text=_("Now if left empty."))
    field_order = ["operator", "source_kind", "source_number", "found_at"]
    fieldsets = [
        (_("Origin of the finding"), ["operator", "source_kind", "source_number", "found_at"]),
        (_("What is wrong"), ["title", "clause", "severity", "unit", "text", "measure", "evidence"]),
    ]

    def whose(self) -> Organisation | None:
        code = self.data.get("operator") if self.is_bound else self.initial.get("operator")
        return registry.operators_where(self.by, Can.RECORD_FINDING).filter(code=code).first() if code else None

    def prepare(self) -> None:
        self.fields["operator"].queryset = registry.operators_where(self.by, Can.RECORD_FINDING)  # type: ignore[attr-defined]
        if incident := self.initial.get("incident"):
            self.initial.update({"source_kind": Finding.Source.INCIDENT, "source_number": incident})
        super().prepare()


class ChangeFinding(FindingForm):
    """The same, before it is ordered."""


class Reason(ActForm):
    reason = TextField(label=_("Reason"), widget=SHORT)


# ---- orders: what the authority does


class Draft(ActForm):
    """An order over open findings of one operator."""

    intro = _("An order is addressed to one operator. Choose findings of that operator; its leader signs the order.")
    findings: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        None, label=pgettext_lazy("rectify", "Findings"), to_field_name="number", widget=forms.CheckboxSelectMultiple
    )
    legal_basis = TextField(label=_("Legal basis"), widget=SHORT, help_text=_("One clause a line, such as “CIIR 26”."))
    one_limit = forms.BooleanField(
        label=_("One limit for all: the shortest"), required=False,
        help_text=_("Otherwise each finding has the limit of its severity."),
    )  # fmt: skip
    requirements = TextField(
        label=_("Further requirements"), widget=SHORT, required=False, help_text=_("One a line; printed in the order.")
    )

    def prepare(self) -> None:
        free = reads.free_findings(self.by)
        if operator := self.initial.get("operator"):
            free = free.filter(operator__code=operator)
        field = self.fields["findings"]
        field.queryset = free.order_by("operator__code", "pk")  # type: ignore[attr-defined]
        field.label_from_instance = _label  # type: ignore[attr-defined]
        if chosen := self.initial.get("finding"):
            self.initial["findings"] = chosen.split(",")
        law = packs.active().document_for("rectify.order")
        self.initial.setdefault("legal_basis", "\n".join(str(basis) for basis in law.basis))

    def clean_legal_basis(self) -> list[str]:
        judge = ClauseField()
        return [judge.clean(line) for line in self.cleaned_data["legal_basis"].splitlines() if line.strip()]


def _label(finding: Finding) -> str:
    return f"{finding.number} · {finding.operator.name} · {finding.severity_name} · {finding.clause} · {finding.title}"


class Discard(ActForm):
    intro = _("The draft is thrown away and its findings may be ordered anew.")


class Issue(ActForm):
    intro = _(
        "The order is signed in your name, numbered, printed and served on the operator; the limits begin to run."
    )
    contact = TextField(
        label=_("Contact named in the order"), max_length=120, required=False, help_text=_("Your name if left empty.")
    )


class PlanNote(ActForm):
    plan_review = TextField(label=_("Note on the plan"), widget=SHORT)


class AcceptPlan(ActForm):
    plan_review = TextField(label=_("Note on the plan"), widget=SHORT, required=False)


class Grant(ActForm):
    new_limit = forms.DateField(
        label=_("New limit"),
        required=False,
        help_text=_("The day asked for if left empty; an earlier one is possible."),
    )
    grounds = TextField(label=_("Grounds"), widget=SHORT, required=False)

    def prepare(self) -> None:
        if isinstance(self.thing, Order) and (asked := self.thing.extension_asked):
            self.initial.setdefault("new_limit", asked.wanted_until)


class RefuseExtension(ActForm):
    grounds = TextField(label=_("Grounds"), widget=SHORT)


class VerifyForm(ActForm):
    """How it was looked at, and by whom else."""

    method = forms.ChoiceField(label=_("Method"), choices=Verification.Method.choices, widget=forms.RadioSelect)
    opinion = TextField(label=_("Opinion"), widget=LONG)
    assisted_by: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        None, label=_("Assisted by"), to_field_name="code", required=False, empty_label=_("Nobody"),
        help_text=_("A support body may assist, but not the one that assessed this operator."),
    )  # fmt: skip
    is_independent = forms.BooleanField(
        label=_(
            "Neither I nor the body that assists me assessed this operator, and I did not draw up or issue this order."
        )
    )
    evidence = EvidenceField(required=False)

    def prepare(self) -> None:
        kinds = [Organisation.Kind.SUPPORT_BODY, Organisation.Kind.ASSESSMENT_BODY]
        bodies = Organisation.objects.filter(kind__in=kinds, is_active=True)
        self.fields["assisted_by"].queryset = bodies  # type: ignore[attr-defined]


class Verify(VerifyForm):
    """Everything is put right."""


class OutcomeRow(forms.Form):
    result = forms.ChoiceField(label=_("Result"), choices=Verification.Result.choices, widget=forms.RadioSelect)
    note = TextField(label=_("Note"), widget=SHORT, required=False)


class Fail(VerifyForm):
    """Something is not put right."""

    lines = RowsField(OutcomeRow, label=_("Result for each finding"))
    days = forms.IntegerField(
        label=_("Days for the rework"), min_value=1, max_value=90, required=False,
        help_text=_("Calendar days. If left empty, the limit of the regime applies."),
    )  # fmt: skip
    field_order = ["lines", "method", "opinion"]

    def prepare(self) -> None:
        super().prepare()
        _about(self, "lines", lambda line: line.verified_at is None)


class Interview(ActForm):
    person = NameField(
        label=_("Person called in"),
        max_length=120,
        help_text=_("The legal representative or the main person responsible."),
    )
    matter = TextField(label=_("Matter of the interview"), widget=SHORT)
    meets_at = forms.DateTimeField(label=_("Time of the interview"))


class Close(ActForm):
    intro = _("The closing letter is issued. A closed order and its findings are never opened again.")
    closing_note = TextField(label=_("Closing note"), widget=SHORT, required=False)


# ---- orders: what the operator does


class Receive(ActForm):
    responsible = NameField(label=_("Person responsible"), max_length=120)
    responsible_post = TextField(label=_("Post"), max_length=120, required=False)
    responsible_phone = TextField(label=_("Telephone"), max_length=40, required=False)


class PlanRow(forms.Form):
    measure = TextField(label=_("Measure"), widget=SHORT)
    owner = NameField(label=_("Owner"), max_length=120)
    day = forms.DateField(label=_("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    interim = TextField(label=_("Protection in the meantime"), widget=SHORT, required=False)


class SubmitPlan(ActForm):
    lines = RowsField(PlanRow, label=_("Plan for each finding"))
    plan_summary = TextField(label=_("About the plan as a whole"), widget=SHORT, required=False)

    def prepare(self) -> None:
        _about(self, "lines", lambda line: True)


def _about(form: ActForm, name: str, wanted: Any) -> None:
    """One row for each finding under the order."""
    if isinstance(form.thing, Order):
        lines = [line for line in reads.lines_of(form.thing) if not line.released and wanted(line)]
        form.fields[name].about(_subject(line) for line in lines)  # type: ignore[attr-defined]


def _subject(line: OrderLine) -> Subject:
    planned = {
        "measure": line.plan_measure, "owner": line.plan_owner, "day": line.plan_day, "interim": line.plan_interim,
    }  # fmt: skip
    finding = line.finding
    return Subject(
        finding.number, f"{finding.number} {finding.title}",
        f"{finding.severity_name} · {finding.clause}\n{finding.text}",
        {key: value for key, value in planned.items() if value},
    )  # fmt: skip


class Progress(ActForm):
    percent = forms.IntegerField(label=_("Progress in percent"), min_value=0, max_value=100)
    text = TextField(label=_("State of the work"), widget=SHORT)
    blockers = TextField(label=_("What stands in the way"), widget=SHORT, required=False)


class HandIn(ActForm):
    """Evidence for one finding: before and after, retest, person, date."""

    finding = forms.ChoiceField(label=pgettext_lazy("rectify", "Finding"))
    done_what = TextField(label=_("What was done"), widget=LONG, help_text=_("How it was before and how it is now."))
    done_by = NameField(label=_("By whom"), max_length=120)
    done_on = forms.DateField(label=_("Done on"))
    retest = TextField(label=_("Result of the retest"), widget=SHORT, required=False)
    evidence = EvidenceField(required=False)

    def prepare(self) -> None:
        if isinstance(self.thing, Order):
            open_lines = [x for x in reads.lines_of(self.thing) if not x.released and x.verified_at is None]
            self.fields["finding"].choices = [  # type: ignore[attr-defined]
                (x.finding.number, f"{x.finding.number} {x.finding.title}" + (" ✓" if x.handed_in_at else ""))
                for x in open_lines
            ]
            if not self.is_bound and "finding" not in self.initial:
                self.initial["finding"] = next((x.finding.number for x in open_lines if not x.handed_in_at), None)
            chosen = self.data.get("finding") if self.is_bound else self.initial["finding"]
            self.fields["evidence"].required = any(
                line.finding.number == chosen and not line.handed_in_at for line in open_lines
            )


class SubmitEvidence(ActForm):
    intro = _("Everything is handed in. A second person of the authority verifies it.")
    note = TextField(label=_("Note"), widget=SHORT, required=False)


class AskExtension(ActForm):
    wanted_until = forms.DateField(label=_("Wanted until"))
    reason = TextField(label=_("Objective reason"), widget=LONG)
    interim = TextField(label=_("Protection in the meantime"), widget=SHORT)


# ---- findings out of files


class UploadFindings(forms.Form):
    """A file, and what rows mean that do not say it themselves."""

    file = forms.FileField(label=_("File"), max_length=200, help_text=_("CSV (UTF-8 or GBK), XLSX or NDJSON."))
    origin = forms.ChoiceField(
        label=_("Origin"), choices=Finding.Source.choices, initial=Finding.Source.VULNERABILITY,
        help_text=_("For rows that do not state one. The operator sees findings of an inspection at once."),
    )  # fmt: skip
    source = TextField(
        label=pgettext_lazy("rectify", "Source"), max_length=40, required=False,
        help_text=_("The scanner or report, for rows without one."),
    )  # fmt: skip
    clause = TextField(
        label=_("Clause"), max_length=80, required=False, help_text=_("For rows without one, such as “CIIR 15”.")
    )
