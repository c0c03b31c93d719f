"""Doors of the room of dispatch."""

from django.urls import path

from bastide.base.dispatch import pages

app_name = "dispatch"
urlpatterns = [
    path("choices/", pages.choices, name="choices"),
    path("calendar/", pages.calendar, name="calendar"),
    path("calendar/make/", pages.calendar_make, name="calendar_make"),
    path("calendar/revoke/", pages.calendar_revoke, name="calendar_revoke"),
    path("calendar/<str:secret>.ics", pages.feed, name="feed"),
]
