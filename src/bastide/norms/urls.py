"""Where the doors of the norms hang."""

from django.urls import path

from bastide.norms import pages

app_name = "norms"
urlpatterns = [
    path("instruments/", pages.instrument_list, name="instrument_list"),
    path("instruments/<str:code>/", pages.instrument_detail, name="instrument_detail"),
    path("clauses/", pages.clause_list, name="clause_list"),
    path("clauses/<path:anchor>/", pages.clause_detail, name="clause_detail"),
    path("checklists/", pages.checklist_list, name="checklist_list"),
    path("checklists/<str:id>/", pages.checklist_detail, name="checklist_detail"),
]
