"""Where the doors of rectification hang."""

from django.urls import path

from bastide.rectify import importing, pages

app_name = "rectify"
urlpatterns = [
    path("findings/", pages.finding_list, name="finding_list"),
    path("findings/record/", pages.finding_record, name="finding_record"),
    path("findings/<str:number>/", pages.finding_detail, name="finding_detail"),
    path("findings/<str:number>/acts/<slug:act>/", pages.finding_act, name="finding_act"),
    path("imports/", importing.import_list, name="findingimport_list"),
    path("imports/upload/", importing.import_upload, name="findingimport_upload"),
    path("imports/template/<str:kind>/", importing.template, name="findingimport_template"),
    path("imports/<str:number>/", importing.import_detail, name="findingimport_detail"),
    path("imports/<str:number>/rows/", importing.import_rows, name="findingimport_rows"),
    path("imports/<str:number>/quarantined/", importing.quarantine, name="findingimport_quarantine"),
    path("imports/<str:number>/acts/<slug:act>/", importing.import_act, name="findingimport_act"),
    path("orders/", pages.order_list, name="order_list"),
    path("orders/draft/", pages.order_draft, name="order_draft"),
    path("orders/<str:number>/", pages.order_detail, name="order_detail"),
    path("orders/<str:number>/acts/<slug:act>/", pages.order_act, name="order_act"),
]
