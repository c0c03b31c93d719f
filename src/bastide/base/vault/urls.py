"""Doors of the evidence vault."""

from django.urls import path

from bastide.base.vault import pages

app_name = "vault"
urlpatterns = [
    path("evidence/", pages.evidence_list, name="evidence_list"),
    path("evidence/<str:number>/", pages.evidence_detail, name="evidence_detail"),
    path("evidence/<str:number>/download/", pages.evidence_download, name="evidence_download"),
    path("evidence/<str:number>/verify/", pages.evidence_verify, name="evidence_verify"),
]
