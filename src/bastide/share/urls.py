"""Doors of the early warnings."""

from django.urls import path

from bastide.share import pages

app_name = "share"
urlpatterns = [
    path("warnings/", pages.warning_list, name="earlywarning_list"),
    path("warnings/propose/", pages.earlywarning_propose, name="earlywarning_propose"),
    path("warnings/<str:number>/", pages.warning_detail, name="earlywarning_detail"),
    path("warnings/<str:number>/acts/<slug:act>/", pages.warning_act, name="earlywarning_act"),
    path("deliveries/", pages.delivery_list, name="delivery_list"),
    path("deliveries/<str:number>/", pages.delivery_detail, name="delivery_detail"),
    path("deliveries/<str:number>/acts/<slug:act>/", pages.delivery_act, name="delivery_act"),
]
