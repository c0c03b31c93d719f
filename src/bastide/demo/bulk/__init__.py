"""A sector many times larger than the story's, written in bulk: `bastide demo --scale N`."""

from bastide.demo.bulk import supervision
from bastide.demo.bulk.enlarging import CannotEnlarge, enlarge

__all__ = ["CannotEnlarge", "enlarge", "supervision"]
