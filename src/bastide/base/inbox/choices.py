"""How a person wants to be told: by topic and urgency, within what may be chosen."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from bastide.base.inbox.models import Choice, Notification, Topic, Way
from bastide.base.people.models import Account

CHOSEN = (Way.AT_ONCE, Way.DAILY, Way.WEEKLY, Way.CONSOLE)
# A legal clock runs whether its mail is read or not, and what is urgent is over in a week.
MUST_ARRIVE = (Way.AT_ONCE, Way.DAILY)


def open_ways(topic: str, urgency: str) -> tuple[Way, ...]:
    """What may be chosen."""
    return MUST_ARRIVE if topic == Topic.CLOCK or urgency == Notification.Urgency.HIGH else CHOSEN


def default(topic: str, urgency: str) -> Way:
    """What holds while nobody has chosen."""
    return Way.AT_ONCE if open_ways(topic, urgency) == MUST_ARRIVE else Way.DAILY


def pairs() -> list[tuple[str, str]]:
    """Every topic and urgency one chooses for."""
    return [(topic, urgency) for topic in Topic.values for urgency in Notification.Urgency.values]


def of(account: Account) -> dict[tuple[str, str], Way]:
    """What holds for one person."""
    chosen = {(row.topic, row.urgency): row.way for row in Choice.objects.filter(account=account)}
    return {pair: _valid(chosen.get(pair), *pair) for pair in pairs()}


def ways(people: Iterable[Account], topic: str, urgency: str, *, own_mail: bool = False) -> dict[int, Way]:
    """How each of several people is told; one query. Without an address there is only the console."""
    listed = list(people)
    chosen = dict(
        Choice.objects.filter(account__in=listed, topic=topic, urgency=urgency).values_list("account_id", "way")
    )
    found = {}
    for person in listed:
        way = _valid(chosen.get(person.pk), topic, urgency) if person.email else Way.CONSOLE
        found[person.pk] = Way.OWN if own_mail and way == Way.AT_ONCE else way
    return found


def _valid(way: str | None, topic: str, urgency: str) -> Way:
    """A choice that is open no longer gives way to the default."""
    return Way(way) if way in open_ways(topic, urgency) else default(topic, urgency)


def choose(account: Account, wanted: dict[tuple[str, str], str]) -> None:
    """Keep what a person chose; what waits for a mail already follows it."""
    with transaction.atomic():
        for (topic, urgency), way in wanted.items():
            if way not in open_ways(topic, urgency):
                raise ValueError(f"{topic} {urgency} cannot be told {way}")
            Choice.objects.update_or_create(
                account=account, topic=topic, urgency=urgency, defaults={"way": way}
            )  # fmt: skip
            waiting = Notification.objects.filter(account=account, topic=topic, urgency=urgency, letter=None)
            waiting.filter(way__in=[Way.AT_ONCE, Way.DAILY, Way.WEEKLY]).update(way=way)
