"""Doors of the room of entry."""

from django.urls import path

from bastide.base.entry import pages

app_name = "entry"
urlpatterns = [
    path("organisations/", pages.organisation_list, name="organisation_list"),
    path("organisations/new/", pages.organisation_new, name="organisation_new"),
    path("organisations/<str:code>/", pages.organisation_detail, name="organisation_detail"),
    path("organisations/<str:code>/invite/", pages.invite, name="invite"),
    path("invitations/<int:pk>/withdraw/", pages.withdraw, name="withdraw"),
    path("welcome/<str:secret>/", pages.welcome, name="welcome"),
    path("accounts/", pages.account_list, name="account_list"),
    path("accounts/<str:username>/", pages.account_detail, name="account_detail"),
    path("accounts/<str:username>/roles/new/", pages.role_new, name="role_new"),
    path("accounts/<str:username>/switch/", pages.account_switch, name="account_switch"),
    path("roles/<int:pk>/end/", pages.role_end, name="role_end"),
    path("me/", pages.me, name="me"),
    path("keys/<int:pk>/revoke/", pages.token_revoke, name="token_revoke"),
]
