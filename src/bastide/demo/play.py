"""The stage of the story: its start, its chance, its cast, and how time passes between scenes."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from bastide.base import terms
from bastide.base.clock import jobs as clock_jobs
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import outbox
from bastide.demo.makers.sector import Sector, make_sector

SEED = 20260622
DAYS = 21  # from the first scene to now

Say = Callable[[str], None]
# A chapter yields the moment of its next scene and is sent that moment when it has come.
Scenes = Generator[datetime, datetime, None]


@dataclass
class Play:
    """What every scene needs. `opening` is midnight in Beijing of the first day."""

    opening: datetime
    say: Say
    seed: int = SEED
    people: dict[str, Account] = field(default_factory=dict)
    places: dict[str, Organisation] = field(default_factory=dict)
    sector: Sector = field(init=False)
    chance: random.Random = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.sector = make_sector(self.seed)
        self.chance = random.Random(self.seed)
        self.now = self.opening

    @classmethod
    def ending(cls, at: datetime, say: Say) -> Play:
        """A play whose last scene is about `at`."""
        today = datetime.combine(at.astimezone(terms.CHINA).date(), time(), terms.CHINA)
        return cls(today - timedelta(days=DAYS), say)

    def moment(self, day: int, clock: str) -> datetime:
        """A day of the play and a time of day in Beijing: moment(3, "09:30")."""
        hour, minute = clock.split(":")
        return self.opening + timedelta(days=day, hours=int(hour), minutes=int(minute))

    def perform(self, chapters: Iterable[Scenes]) -> None:
        """Play chapters side by side, each scene at its moment.

        Between scenes time passes; in a scene it stands still.
        """
        waiting: list[tuple[datetime, int, Scenes]] = []
        for order, chapter in enumerate(chapters):
            self._go_on(waiting, order, chapter, None)
        while waiting:
            at, order, chapter = heapq.heappop(waiting)
            self.pass_until(at)
            with terms.frozen(at):
                self._go_on(waiting, order, chapter, at)
                outbox.deliver_waiting()

    def _go_on(
        self, waiting: list[tuple[datetime, int, Scenes]], order: int, chapter: Scenes, at: datetime | None
    ) -> None:
        """Let a chapter play its scene and say when its next one is."""
        try:
            moment = next(chapter) if at is None else chapter.send(at)
        except StopIteration:
            return
        heapq.heappush(waiting, (moment, order, chapter))

    def pass_until(self, at: datetime) -> None:
        """What runs by itself, twice a day of the play, up to `at`. Scenes cannot go back in time."""
        if at < self.now:
            raise ValueError(f"the play went from {self.now} back to {at}")
        step = self.now + timedelta(hours=12)
        while step < at:
            self._tick(step)
            step += timedelta(hours=12)
        self._tick(at)
        self.now = at

    def _tick(self, at: datetime) -> None:
        with terms.frozen(at):
            outbox.deliver_waiting()
            clock_jobs.tick(at=at)
            outbox.deliver_waiting()

    def account(self, name: str) -> Account:
        """A member of the cast, read anew so that roles given meanwhile count."""
        return Account.objects.get(pk=self.people[name].pk)

    def operator(self, code: str) -> Organisation:
        if code not in self.places:
            self.places[code] = Organisation.objects.get(code=code)
        return self.places[code]

    def file(self, name: str, text: str) -> SimpleUploadedFile:
        """A small text file, as an operator hands one in."""
        return SimpleUploadedFile(name, text.encode(), content_type="text/plain")

    def officer_of(self, code: str) -> Account:
        """The security officer of an operator."""
        return self.account(f"{code.lower()}-security")
