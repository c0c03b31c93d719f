"""Migrations of the ui room."""
