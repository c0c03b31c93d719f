"""Bastide: supervision of critical information infrastructure by a sector authority."""

__version__ = "0.1.0"
