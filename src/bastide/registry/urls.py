"""Where the doors of the register hang."""

from django.urls import path

from bastide.registry import importing, pages

app_name = "registry"
urlpatterns = [
    path("operators/", pages.operator_list, name="operator_list"),
    path("operators/enter/", pages.operator_enter, name="operator_enter"),
    path("operators/<str:code>/", pages.operator_detail, name="operator_detail"),
    path("operators/<str:code>/change/", pages.operator_change, name="operator_change"),
    path("sector/", pages.sector_map, name="sector_map"),
    path("units/", pages.unit_list, name="unit_list"),
    path("units/enter/", pages.unit_enter, name="unit_enter"),
    path("units/<str:number>/", pages.unit_detail, name="unit_detail"),
    path("units/<str:number>/picture/", pages.unit_picture, name="unit_picture"),
    path("units/<str:number>/acts/<str:act>/", pages.unit_act, name="unit_act"),
    path("dependencies/", pages.dependency_list, name="dependency_list"),
    path("imports/", importing.import_list, name="import_list"),
    path("imports/upload/", importing.import_upload, name="import_upload"),
    path("imports/templates/<str:subject>.<str:kind>", importing.template, name="template"),
    path("imports/<str:number>/", importing.import_detail, name="import_detail"),
    path("imports/<str:number>/rows/", importing.import_rows, name="import_rows"),
    path("imports/<str:number>/quarantined.csv", importing.import_quarantine, name="import_quarantine"),
    path("imports/<str:number>/acts/<str:act>/", importing.import_act, name="import_act"),
]
