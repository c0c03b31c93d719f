"""What happens to a source: registered, paused, closed, given a key."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, ApiToken, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.monitor.access import Can
from bastide.monitor.models import Source

S = Source.State
KEY_DAYS = 366
MOST_FIELDS = 5_000

SOURCE = Flow(
    Source,
    Step("register", (), S.ACTIVE, can=Can.REGISTER_SOURCE, title=gettext_lazy("Register a source")),
    Step("new_key", (S.ACTIVE, S.PAUSED), None, can=Can.KEEP_SOURCE, title=gettext_lazy("Make a new key")),
    Step("change", (S.ACTIVE, S.PAUSED), None, can=Can.KEEP_SOURCE, title=gettext_lazy("Change")),
    Step("pause", (S.ACTIVE,), S.PAUSED, can=Can.KEEP_SOURCE, title=gettext_lazy("Pause")),
    Step("resume", (S.PAUSED,), S.ACTIVE, can=Can.KEEP_SOURCE, title=gettext_lazy("Resume")),
    Step("close", (S.ACTIVE, S.PAUSED), S.CLOSED, can=Can.KEEP_SOURCE, title=gettext_lazy("Close"), deciding=True),
)


def register_source(
    *, by: Account, at: datetime, operator: Organisation, name: str, description: str = "", product: str = "",
    category: str = "", service: str = "", silent_after: int | None = None,
) -> Source:  # fmt: skip
    """Register where an operator's events come from. It gets a program account of its own; keys are made apart."""
    if Source.objects.filter(name=name).exists():
        raise Refused(_("A source of this name exists."), field="name")
    source = Source(
        operator=operator, name=name, description=description, product=product, category=category, service=service
    )
    source.silent_after = silent_after or source.silent_after
    try:
        Source._meta.get_field("name").run_validators(name)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="name") from error
    with SOURCE.begin("register", source, by=by, at=at) as source:
        account = Account.objects.create_person(f"source.{name}"[:60], None, name=name)
        Membership.objects.create(account=account, organisation=operator, role=Role.SOURCE, since=at)
        source.account = account
    return source


def new_key(source: Source, *, by: Account, at: datetime, version: int | None = None, days: int = KEY_DAYS) -> Source:
    """Make a key; the earlier ones end. The secret is on the returned source as `.secret`, once."""
    with SOURCE.step("new_key", source, by=by, at=at, version=version) as held:
        assert held.account is not None
        ApiToken.objects.filter(account=held.account, revoked_at=None).update(revoked_at=at)
        _token, secret = ApiToken.make(
            held.account, name=held.name, scopes=["monitor.batch.send"], expires_at=at + timedelta(days=days)
        )
    source.secret = secret
    return source


def change_source(
    source: Source, *, by: Account, at: datetime, description: str = "", silent_after: int | None = None,
    version: int | None = None,
) -> Source:  # fmt: skip
    """Change what is said of it, and after how many minutes of silence an alert is raised."""
    with SOURCE.step("change", source, by=by, at=at, version=version) as held:
        held.description, held.silent_after = description, silent_after or held.silent_after
    return source


def pause_source(source: Source, *, by: Account, at: datetime, version: int | None = None) -> Source:
    """Refuse its batches for now."""
    with SOURCE.step("pause", source, by=by, at=at, version=version):
        return source


def resume_source(source: Source, *, by: Account, at: datetime, version: int | None = None) -> Source:
    with SOURCE.step("resume", source, by=by, at=at, version=version):
        return source


def close_source(source: Source, *, by: Account, at: datetime, version: int | None = None, reason: str = "") -> Source:
    """End it for good: its keys end, its batches and alerts stay."""
    with SOURCE.step("close", source, by=by, at=at, version=version, note=reason) as held:
        ApiToken.objects.filter(account=held.account, revoked_at=None).update(revoked_at=at)
    return source


def note_batch(source: Source, *, at: datetime, fields: Collection[str] = ()) -> None:
    """Remember when it last sent, and which fields; not an act, so not in the trail."""
    known = set(source.fields)
    new = sorted(known | set(fields))[:MOST_FIELDS] if known.issuperset(fields) is False else None
    with transaction.atomic():
        rows = Source.objects.filter(pk=source.pk)
        rows.update(last_batch_at=at) if new is None else rows.update(last_batch_at=at, fields=new)
