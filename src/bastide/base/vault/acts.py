"""Which form and which flow belong to which step of a deletion."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base.ui.doors import ActForm, Acts, Confirm, Door
from bastide.base.vault import disposal, reads
from bastide.base.vault.models import EvidenceFile
from bastide.base.words.fields import TextField

LINES = forms.Textarea(attrs={"rows": 3})


class Propose(ActForm):
    """Which file, why, and on what basis."""

    intro = _("Another person decides. The bytes go for good; the row, its hash, its custody and a certificate stay.")
    evidence = TextField(label=_("Number of the evidence"), max_length=40)
    reason = TextField(label=_("Reason"), max_length=500, widget=LINES)
    basis = TextField(
        label=_("Legal basis"),
        max_length=200,
        help_text=_("The rule or decision that lets it go, such as a retention schedule."),
    )

    def clean_evidence(self) -> EvidenceFile:
        found: EvidenceFile | None = reads.visible(self.by).filter(number=self.cleaned_data["evidence"].strip()).first()
        if found is None:
            raise forms.ValidationError(_("There is no such file in your sight."))
        return found


class Approve(Confirm):
    """Nothing is asked; the warning is shown."""

    intro = _("The bytes are deleted at once and cannot be brought back.")


class Refuse(ActForm):
    note = TextField(label=_("Reason"), max_length=500, widget=LINES)


DISPOSALS = Acts(
    disposal.DISPOSAL,
    reads.disposal_for,
    {
        "propose": Door(Propose, disposal.propose),
        "approve": Door(Approve, disposal.approve),
        "refuse": Door(Refuse, disposal.refuse),
    },
)


class HoldForm(forms.Form):
    """Why, and how far."""

    reason = TextField(label=_("Reason"), max_length=500, widget=LINES)
    whole = forms.BooleanField(
        label=_("The whole matter: every file of the thing it belongs to, later ones too"), required=False
    )


class LiftForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=500, widget=LINES)
