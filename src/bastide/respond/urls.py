"""Doors of the incidents."""

from django.urls import path

from bastide.respond import pages

app_name = "respond"
urlpatterns = [
    path("incidents/", pages.incident_list, name="incident_list"),
    path("incidents/report/", pages.incident_report, name="incident_report"),
    path("incidents/call/", pages.incident_take_call, name="incident_take_call"),
    path("incidents/<str:number>/", pages.incident_detail, name="incident_detail"),
    path("incidents/<str:number>/acts/<slug:act>/", pages.incident_act, name="incident_act"),
]
