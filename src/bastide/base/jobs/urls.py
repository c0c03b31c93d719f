"""Doors of the room of jobs."""

from django.urls import path

from bastide.base.jobs import pages

app_name = "jobs"
urlpatterns = [
    path("", pages.job_list, name="job_list"),
    path("<int:pk>/", pages.job_detail, name="job_detail"),
    path("<int:pk>/again/", pages.job_again, name="job_again"),
]
