"""Doors of official documents."""

from django.urls import path

from bastide.base.papers import pages

app_name = "papers"
urlpatterns = [
    path("documents/", pages.document_list, name="document_list"),
    path("documents/check/", pages.document_check, name="document_check"),
    path("documents/<str:number>/", pages.document_detail, name="document_detail"),
    path("documents/<str:number>/void/", pages.document_void, name="document_void"),
    path("documents/<str:number>/<str:language>.pdf", pages.document_download, name="document_download"),
    path("documents/<str:number>/<str:language>.docx", pages.document_word, name="document_word"),
]
