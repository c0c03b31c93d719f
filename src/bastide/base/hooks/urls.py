"""Doors of the room of webhooks."""

from django.urls import path

from bastide.base.hooks import pages

app_name = "hooks"
urlpatterns = [
    path("", pages.endpoint_list, name="endpoint_list"),
    path("new/", pages.endpoint_new, name="endpoint_new"),
    path("<int:pk>/", pages.endpoint_detail, name="endpoint_detail"),
    path("<int:pk>/change/", pages.endpoint_change, name="endpoint_change"),
    path("<int:pk>/rotate/", pages.endpoint_rotate, name="endpoint_rotate"),
    path("<int:pk>/switch/", pages.endpoint_switch, name="endpoint_switch"),
    path("<int:pk>/remove/", pages.endpoint_remove, name="endpoint_remove"),
    path("<int:pk>/ping/", pages.endpoint_ping, name="endpoint_ping"),
    path("<int:pk>/again/", pages.endpoint_again, name="endpoint_again"),
    path("<int:pk>/deliveries/", pages.delivery_list, name="delivery_list"),
    path("deliveries/<int:pk>/", pages.delivery_detail, name="delivery_detail"),
    path("deliveries/<int:pk>/again/", pages.delivery_again, name="delivery_again"),
]
