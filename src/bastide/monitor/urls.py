"""Doors of monitoring."""

from django.urls import path

from bastide.monitor import acts, huntpages, pages

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
    path("exceptions/", pages.exception_list, name="ruleexception_list"),
    path("exceptions/new/", acts.EXCEPTIONS.create_page("make"), name="ruleexception_new"),
    path("exceptions/<str:number>/", pages.exception_detail, name="ruleexception_detail"),
    path("exceptions/<str:number>/acts/<slug:act>/", acts.EXCEPTIONS.page, name="ruleexception_act"),
    path("hunts/", huntpages.hunt_list, name="hunt_list"),
    path("hunts/new/", acts.HUNTS.create_page("ask"), name="hunt_new"),
    path("hunts/<str:number>/", huntpages.hunt_detail, name="hunt_detail"),
    path("hunts/<str:number>/acts/<slug:act>/", acts.HUNTS.page, name="hunt_act"),
    path("query/", huntpages.query, name="query"),
    path("preview/", pages.preview, name="preview"),
    path("across/", pages.across, name="across"),
    path("coverage/", pages.coverage, name="coverage"),
    path("rules/", pages.rule_list, name="rule_list"),
    path("rules/new/", huntpages.rule_new, name="rule_new"),
    path("rules/<int:pk>/", pages.rule_detail, name="rule_detail"),
    path("rules/<int:pk>/text/", huntpages.rule_edit, name="rule_edit"),
    path("rules/<int:pk>/test/", huntpages.rule_test, name="rule_test"),
    path("rules/<int:pk>/switch/", pages.rule_switch, name="rule_switch"),
]
