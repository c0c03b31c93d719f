"""Doors of monitoring."""

from django.urls import path

from bastide.monitor import acts, pages

app_name = "monitor"
urlpatterns = [
    path("alerts/", pages.alert_list, name="alert_list"),
    path("alerts/<str:number>/", pages.alert_detail, name="alert_detail"),
    path("alerts/<str:number>/acts/<slug:act>/", acts.ALERTS.page, name="alert_act"),
    path("batches/", pages.batch_list, name="batch_list"),
    path("batches/new/", pages.batch_new, name="batch_new"),
    path("batches/<str:number>/", pages.batch_detail, name="batch_detail"),
    path("batches/<str:number>/scan/", pages.batch_scan, name="batch_scan"),
    path("sources/", pages.source_list, name="source_list"),
    path("sources/new/", acts.SOURCES.create_page("register"), name="source_new"),
    path("sources/<str:number>/", pages.source_detail, name="source_detail"),
    path("sources/<str:number>/acts/<slug:act>/", acts.SOURCES.page, name="source_act"),
    path("rules/", pages.rule_list, name="rule_list"),
    path("rules/<int:pk>/", pages.rule_detail, name="rule_detail"),
    path("rules/<int:pk>/switch/", pages.rule_switch, name="rule_switch"),
]
