"""Official documents a regime knows, and the purposes for which the platform asks for a clock or a document."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .text import Part, Stated, Text


class DocumentField(Part):
    id: str
    name: Text
    required: bool = True


class DocumentType(Stated):
    """A numbered document: its series, the least it must say, the template that prints it."""

    id: str
    name: Text
    series: str = Field(pattern=r"^[A-Z]{2,6}$")
    fields: tuple[DocumentField, ...] = Field(min_length=1)
    template: str = ""  # file under papers/, without language
    reference: str = ""  # the number as it is printed: "责改〔{year}〕{n}号"; empty: the plain number

    def field(self, id: str) -> DocumentField:
        for field in self.fields:
            if field.id == id:
                return field
        raise LookupError(f"document '{self.id}' has no field '{id}'")


class ClockPurpose(StrEnum):
    """What the code asks a clock for; each pack says which clock that is."""

    INCIDENT_JUDGE = "incident.judge"
    INCIDENT_CONFIRM_LEVEL = "incident.confirm_level"
    WARNING_CONSULT = "warning.consult"
    WARNING_LIFT_REVIEW = "warning.lift_review"
    INSPECTION_ON_SITE = "inspection.on_site"
    INSPECTION_FINDINGS = "inspection.findings"
    INSPECTION_CONFIRM = "inspection.confirm"
    INSPECTION_OBJECTION = "inspection.objection"
    INSPECTION_REPORT = "inspection.report"
    INSPECTION_PUBLISH = "inspection.publish"
    RECTIFY_RECEIPT = "rectify.receipt"
    RECTIFY_PLAN = "rectify.plan"
    RECTIFY_PLAN_REVIEW = "rectify.plan_review"
    RECTIFY_PROGRESS = "rectify.progress"
    RECTIFY_VERIFY = "rectify.verify"
    RECTIFY_REWORK = "rectify.rework"
    RECTIFY_EXTENSION = "rectify.extension"
    RECTIFY_INTERVIEW = "rectify.interview"
    FILING_SUBMIT = "filing.submit"
    FILING_REVIEW = "filing.review"
    FILING_RESUBMIT = "filing.resubmit"
    FILING_CORRECT = "filing.correct"
    FILING_ACCEPT = "filing.accept"
    FILING_CHANGE = "filing.change"
    FILING_WITHDRAW = "filing.withdraw"
    CII_RESEND = "cii.resend"
    CII_REVIEW = "cii.review"
    CII_EXPERT = "cii.expert"
    CII_REIDENTIFY = "cii.reidentify"
    CII_ASSESS = "cii.assess"


class DocumentPurpose(StrEnum):
    """What the code asks a document for."""

    INCIDENT_REPORT = "incident.report"
    INCIDENT_PROGRESS = "incident.progress"
    INCIDENT_ONWARD = "incident.onward"
    INCIDENT_SUMMARY = "incident.summary"
    WARNING_NOTICE = "warning.notice"
    WARNING_CHANGE = "warning.change"
    WARNING_LIFT = "warning.lift"
    INSPECTION_APPROVAL = "inspection.approval"
    INSPECTION_NOTICE = "inspection.notice"
    INSPECTION_RECORD = "inspection.record"
    INSPECTION_FINDING = "inspection.finding"
    RECTIFY_ORDER = "rectify.order"
    RECTIFY_PLAN = "rectify.plan"
    RECTIFY_VERIFICATION = "rectify.verification"
    RECTIFY_EXTENSION = "rectify.extension"
    RECTIFY_CLOSURE = "rectify.closure"
    RECTIFY_INTERVIEW = "rectify.interview"
    FILING_GRADING = "filing.grading"
    FILING_FORM = "filing.form"
    CII_NOTICE = "cii.notice"


class Purposes(Part):
    """Which clock and which document of this pack serve a purpose of the platform."""

    clocks: dict[ClockPurpose, str]
    documents: dict[DocumentPurpose, str]
