"""Doors of the shell."""

from django.urls import path

from bastide.base.ui import corridor, daybook, insight, roots

app_name = "ui"
urlpatterns = [
    path("search/", corridor.search_page, name="search"),
    path("counts/", corridor.counts, name="counts"),
    path("language/", corridor.language, name="language"),
    path("theme/", corridor.theme, name="theme"),
    path("purpose/", corridor.state_purpose, name="purpose"),
    path("views/", corridor.view_save, name="view_save"),
    path("views/<int:pk>/delete/", corridor.view_delete, name="view_delete"),
    path("columns/", corridor.columns, name="columns"),
    path("panels/<str:noun>/<str:name>/<int:pk>/", corridor.panel, name="panel"),
    path("notifications/", daybook.notifications, name="notifications"),
    path("notifications/<int:pk>/", daybook.notification, name="notification"),
    path("trail/", daybook.trail_list, name="trail_list"),
    path("trail/roots/<str:day>/", roots.trail_root, name="trail_root"),
    path("trail/roots/<str:day>/root.pdf", roots.trail_root_pdf, name="trail_root_pdf"),
    path("why/", insight.why_page, name="why"),
]
