"""Why an act did not happen, in words for the person who tried."""

from __future__ import annotations


class Refused(Exception):
    """The act is not open: wrong state, missing right, or an unmet need. Nothing was changed.

    `field` names the input that is to blame, if one is.
    """

    def __init__(self, message: object, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class Stale(Refused):
    """Somebody else changed the thing after this person read it."""


class Forbidden(Refused):
    """This person lacks the right, though they may see the thing."""
