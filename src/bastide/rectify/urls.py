"""Where the doors of rectification hang."""

from django.urls import path

from bastide.rectify import pages

app_name = "rectify"
urlpatterns = [
    path("findings/", pages.finding_list, name="finding_list"),
    path("findings/record/", pages.finding_record, name="finding_record"),
    path("findings/<str:number>/", pages.finding_detail, name="finding_detail"),
    path("findings/<str:number>/acts/<slug:act>/", pages.finding_act, name="finding_act"),
    path("orders/", pages.order_list, name="order_list"),
    path("orders/draft/", pages.order_draft, name="order_draft"),
    path("orders/<str:number>/", pages.order_detail, name="order_detail"),
    path("orders/<str:number>/acts/<slug:act>/", pages.order_act, name="order_act"),
]
