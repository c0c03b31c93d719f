"""The field that takes evidence: several uploads on a page, identifiers of received files from a program.

After validation the value is a list of uploads and EvidenceFile rows; hand it to `vault.keep(...)` in the flow.
"""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.base.vault import reads, sniff, store
from bastide.base.vault.models import EvidenceFile
from bastide.base.vault.names import safe_name


class EvidenceInput(forms.ClearableFileInput):
    """A file input that takes many files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if hasattr(files, "getlist"):
            return [*files.getlist(name), *(data.getlist(name) if hasattr(data, "getlist") else [])]
        return files.get(name) or data.get(name) or []

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and name not in data


class EvidenceField(forms.FileField):
    """Evidence for an act. The form must carry `by`, the account that acts (every ActForm does)."""

    widget = EvidenceInput
    default_error_messages = {
        "required": _("Add at least one file as evidence."),
        "unknown": _("There is no received file %(value)s that you may use here."),
        "used": _("%(value)s already belongs to something else."),
        "many": _("At most %(most)s files at once."),
    }
    most = 50

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Evidence"))
        kwargs.setdefault(
            "help_text", _("Documents, pictures, tables, logs, archives. Each file is hashed as it arrives.")
        )
        super().__init__(**kwargs)
        self.by: Account | None = None

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.by = getattr(form, "by", None)
        return super().get_bound_field(form, field_name)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile | EvidenceFile]:
        given = [item for item in (data if isinstance(data, list | tuple) else [data]) if item not in (None, "")]
        if not given and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(given) > self.most:
            raise forms.ValidationError(self.error_messages["many"], code="many", params={"most": self.most})
        return [self._upload(item) if isinstance(item, UploadedFile) else self._received(item) for item in given]

    def _upload(self, upload: UploadedFile) -> UploadedFile:
        """Refused here already, so that the form can say so before anything happens."""
        name = safe_name(upload.name or "")
        try:
            if (upload.size or 0) > settings.BASTIDE_UPLOAD_LIMIT:
                raise store.too_large(name, settings.BASTIDE_UPLOAD_LIMIT)
            sniff.media_type(cast("BinaryIO", upload), name)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal), code="refused") from refusal
        finally:
            upload.seek(0)
        return upload

    def _received(self, value: Any) -> EvidenceFile:
        """A file received before, by its id or number. Out of sight is unknown."""
        if self.by is None:
            raise RuntimeError("EvidenceField needs a form with `by`")
        files = reads.visible(self.by)
        text = str(value)
        found = (
            files.filter(pk=int(text)).first()
            if text.isascii() and text.isdigit()
            else files.filter(number=text).first()
        )
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown", params={"value": text})
        if found.attached_at is not None:
            raise forms.ValidationError(self.error_messages["used"], code="used", params={"value": found.number})
        return found
