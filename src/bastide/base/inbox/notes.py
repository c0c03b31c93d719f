"""Telling people: by organisation and right, or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from bastide.base.inbox import choices
from bastide.base.inbox.models import Notification, Topic, Way
from bastide.base.people import roles
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.ledger import kind_of, plain


def tell(
    *,
    organisation: Organisation,
    can: str,
    at: datetime,
    thing: models.Model | None,
    text: str,
    args: Mapping[str, Any] | None = None,
    urgency: str = "normal",
    key: str = "",
    topic: str = Topic.MATTER,
    own_mail: bool = False,
) -> list[Notification]:
    """Tell everyone in an organisation whose role carries the right `can`.

    `text` is an untranslated message id with %(name)s places; with a `key` nobody is told the same twice.
    With `own_mail` the caller mails those who want it at once, and keeps the proof (`way` is "own").
    """
    people = list(
        Account.objects.filter(
            Q(memberships__until=None) | Q(memberships__until__gt=at),
            is_active=True,
            memberships__organisation=organisation,
            memberships__role__in=roles.roles_with(can),
        )
        .distinct()
        .order_by("pk")
    )
    ways = choices.ways(people, topic, urgency, own_mail=own_mail)
    return [
        note
        for person in people
        if (note := _tell(person, ways[person.pk], at=at, thing=thing, text=text, args=args, urgency=urgency, key=key,
                          organisation=organisation, topic=topic))
    ]  # fmt: skip


def tell_account(
    account: Account,
    *,
    at: datetime,
    thing: models.Model | None,
    text: str,
    args: Mapping[str, Any] | None = None,
    urgency: str = "normal",
    key: str = "",
    organisation: Organisation | None = None,
    topic: str = Topic.MATTER,
) -> Notification | None:
    """Tell one person; None if they were told this key before."""
    way = choices.ways([account], topic, urgency)[account.pk]
    return _tell(account, way, at=at, thing=thing, text=text, args=args, urgency=urgency, key=key,
                 organisation=organisation, topic=topic)  # fmt: skip


def _tell(
    account: Account,
    way: Way,
    *,
    at: datetime,
    thing: models.Model | None,
    text: str,
    args: Mapping[str, Any] | None,
    urgency: str,
    key: str,
    organisation: Organisation | None,
    topic: str,
) -> Notification | None:
    if key and Notification.objects.filter(account=account, key=key).exists():
        return None
    url = thing.get_absolute_url() if thing is not None and hasattr(thing, "get_absolute_url") else ""
    return Notification.objects.create(
        account=account, organisation=organisation, at=at, text=text, args=plain(args or {}), urgency=urgency, key=key,
        kind=kind_of(thing) if thing is not None else "", thing_id=thing.pk if thing is not None else None,
        number=str(getattr(thing, "number", "") or ""), url=url, topic=topic, way=way,
    )  # fmt: skip


def unread(account: Account) -> QuerySet[Notification]:
    """What this person has not read yet, newest first."""
    return Notification.objects.filter(account=account, read_at=None)


def mark_read(account: Account, *, at: datetime, pks: list[int] | None = None) -> int:
    """Mark some, or all, of a person's notifications as read; returns how many."""
    waiting = unread(account)
    if pks is not None:
        waiting = waiting.filter(pk__in=pks)
    return waiting.update(read_at=at)
