"""Warnings in force by colour, and the acknowledgements owed for them."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base.ui.badges import Badge
from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.share import reads as share

OF_THE_LAW = {"red", "orange", "yellow", "blue"}


@dataclass(frozen=True)
class Colour:
    colour: str
    name: str
    count: int
    url: str
    told: int
    told_url: str
    owed: int
    owed_url: str

    @property
    def badge(self) -> Badge:
        """A colour of the law, or plain information for what has none."""
        return Badge(self.name, self.colour if self.colour in OF_THE_LAW else "info")


@dataclass(frozen=True)
class Warnings:
    """`in_force` counts warnings for the offices that make them, deliveries for those who receive them."""

    in_force: int
    url: str
    told: int
    told_url: str
    owed: int
    owed_url: str
    colours: list[Colour]
    counts_deliveries: bool
    reporting: Reporting
    answered: Reporting


def warnings(ground: Ground) -> Warnings | None:
    """None for whoever may not see warnings."""
    if ground.answers is None:
        return None
    by_colour, makes = share.answers_by_colour(ground.account) or {}, share.lists_warnings(ground.account)
    counted = share.published_by_colour(ground.account)
    colours = [
        _colour(row, by_colour.get(row.colour, share.Answers(0, 0)), counts_deliveries=not makes) for row in counted
    ]
    told = sum(row.told for row in colours)
    in_force = listed("share:earlywarning_list", state="published")
    told_url = listed("share:delivery_list", force="published")
    return Warnings(
        in_force=sum(row.count for row in colours), url=in_force if makes else told_url, told=told, told_url=told_url,
        owed=sum(row.owed for row in colours), owed_url=listed("share:delivery_list", unanswered="yes"),
        colours=colours, counts_deliveries=not makes, reporting=ground.reporting("warned"),
        answered=ground.reporting("answers"),
    )  # fmt: skip


def _colour(row: share.InForce, answers: share.Answers, *, counts_deliveries: bool) -> Colour:
    told_url = listed("share:delivery_list", force="published", colour=row.colour)
    made_url = listed("share:earlywarning_list", state="published", colour=row.colour)
    return Colour(
        colour=row.colour, name=row.name, count=answers.told if counts_deliveries else row.count,
        url=told_url if counts_deliveries else made_url, told=answers.told, told_url=told_url, owed=answers.owed,
        owed_url=listed("share:delivery_list", unanswered="yes", colour=row.colour),
    )  # fmt: skip
