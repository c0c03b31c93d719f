"""Documents as issued, their editions by language, and nothing that could change what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bastide.base.papers.statement import digest
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import Scope
from bastide.base.vault.models import Content

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Document(models.Model):
    """An official document: what it said, about what, from whom to whom, under which pack."""

    SCOPE = Scope(
        organisations=("issuer", "addressee", "recipients"),
        areas=("issuer__area", "addressee__area", "recipients__area"),
    )

    # "ORD-2026-000012": given once; a number whose act was undone is a gap, never another document.
    number = models.CharField(_("number"), max_length=40, unique=True, editable=False)
    series = models.CharField(max_length=8)
    year = models.PositiveIntegerField()
    ordinal = models.PositiveIntegerField()
    # As printed: "责改〔2026〕12号".
    reference = models.CharField(_("printed number"), max_length=80)
    type_id = models.CharField(_("type"), max_length=20, db_index=True)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    thing_kind = models.CharField(max_length=60)
    thing_id = models.BigIntegerField()
    thing_number = models.CharField(_("about"), max_length=80)
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("issuer"))
    addressee = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("addressee")
    )
    recipients = models.ManyToManyField(Organisation, related_name="+", verbose_name=_("copies"))
    pack_id = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=40)
    # Everything the templates were given, frozen; `digest` is printed on each page.
    statement = models.JSONField()
    digest = models.CharField(max_length=64)
    missing = models.JSONField(default=list)  # characters no font has
    issued_at = models.DateTimeField(_("issued"), db_index=True)
    issued_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    is_classified = models.BooleanField(_("classified"), default=False)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    voided_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    void_reason = models.CharField(_("reason"), max_length=500, blank=True)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")

    if TYPE_CHECKING:
        editions: RelatedManager[Edition]

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["thing_kind", "thing_id"], name="documents_of_a_thing")]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "ordinal"], name="a_document_number_is_given_once"),
            models.CheckConstraint(
                name="a_voided_document_says_why",
                condition=Q(voided_at=None, void_reason="") | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("papers:document_detail", args=[self.number])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def title(self) -> str:
        """The name of the document in the active language."""
        return self.title_zh if (get_language() or "zh").startswith("zh") else self.title_en

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.statement.get("data", {}))

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None

    @property
    def is_unaltered(self) -> bool:
        """Does the kept statement still have the digest that was printed?"""
        return digest(self.statement) == self.digest


class Edition(models.Model):
    """A document in one language: the PDF in the vault that counts, and the words that Word copies are set from."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="editions")
    language = models.CharField(_("language"), max_length=2, choices=[("zh", "中文"), ("en", "English")])
    # The language of the jurisdiction; the other is a reference translation.
    is_authentic = models.BooleanField()
    content = models.ForeignKey(Content, models.PROTECT, related_name="editions")
    size = models.BigIntegerField()
    pages = models.PositiveIntegerField()
    # The template read out when the document was issued; a later pack changes no word of it. Empty for older documents.
    html = models.TextField(default="", editable=False)
    has_word = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_authentic", "language"]
        constraints = [
            models.UniqueConstraint(fields=["document", "language"], name="a_document_is_printed_once_per_language"),
        ]

    def __str__(self) -> str:
        return f"{self.document} ({self.language})"

    @property
    def sha256(self) -> str:
        return str(self.content_id)

    @property
    def file_name(self) -> str:
        return f"{self.document.number}-{self.language}.pdf"

    @property
    def word_name(self) -> str:
        return f"{self.document.number}-{self.language}.docx"

    @property
    def url(self) -> str:
        return reverse("papers:document_download", args=[self.document.number, self.language])

    @property
    def word_url(self) -> str:
        """Where the Word copy is; empty when there is none."""
        return reverse("papers:document_word", args=[self.document.number, self.language]) if self.has_word else ""
