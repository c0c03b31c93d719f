"""Where the doors of inspection hang."""

from django.urls import path

from bastide.inspection import pages

app_name = "inspection"
urlpatterns = [
    path("visits/", pages.visit_list, name="visit_list"),
    path("visits/draft/", pages.visit_draft, name="visit_draft"),
    path("visits/<str:number>/", pages.visit_detail, name="visit_detail"),
    path("visits/<str:number>/acts/<slug:act>/", pages.visit_act, name="visit_act"),
    path("visits/<str:number>/checklist/", pages.checklist, name="checklist"),
    path("visits/<str:number>/checklist/<str:item>/", pages.answer, name="answer"),
    path("observations/observe/", pages.observe, name="observe"),
    path("observations/<str:number>/", pages.observation_detail, name="observation_detail"),
    path("observations/<str:number>/acts/<slug:act>/", pages.observation_act, name="observation_act"),
]
