"""Doors of the evidence vault."""

from django.urls import path

from bastide.base.vault import pages

app_name = "vault"
urlpatterns = [
    path("evidence/", pages.evidence_list, name="evidence_list"),
    path("evidence/<str:number>/", pages.evidence_detail, name="evidence_detail"),
    path("evidence/<str:number>/download/", pages.evidence_download, name="evidence_download"),
    path("evidence/<str:number>/verify/", pages.evidence_verify, name="evidence_verify"),
    path("evidence/<str:number>/hold/", pages.evidence_hold, name="evidence_hold"),
    path("holds/<int:pk>/lift/", pages.hold_lift, name="hold_lift"),
    path("disposals/", pages.disposal_list, name="disposal_list"),
    path("disposals/propose/", pages.disposal_propose, name="disposal_propose"),
    path("disposals/<str:number>/", pages.disposal_detail, name="disposal_detail"),
    path("disposals/<str:number>/certificate/", pages.disposal_certificate, name="disposal_certificate"),
    path("disposals/<str:number>/acts/<slug:act>/", pages.disposal_act, name="disposal_act"),
]
