"""Doors of the room of dispatch."""

from django.urls import path

from bastide.base.dispatch import pages

app_name = "dispatch"
urlpatterns = [
    path("choices/", pages.choices, name="choices"),
]
