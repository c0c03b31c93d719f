"""Doors of the first pages."""

from django.urls import path

from bastide.home import pages

app_name = "home"
urlpatterns = [
    path("", pages.situation, name="situation"),
    path("desk/", pages.my_desk, name="desk"),
    path("coverage/", pages.coverage, name="coverage"),
]
