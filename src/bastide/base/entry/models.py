"""What the door remembers: wrong guesses at passwords, counted where nobody can use the count against somebody else."""

from __future__ import annotations

from django.db import models


class Guess(models.Model):
    """Wrong guesses of one guesser within a window. Who the guesser is, is kept as a keyed hash only."""

    guesser = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["since"], name="a_guess_is_forgotten_by_age")]

    def __str__(self) -> str:
        return f"{self.guesser[:8]}…: {self.failures}"
